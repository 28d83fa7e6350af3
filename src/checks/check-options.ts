import { EdgepropError } from "../errors.ts";

/** The options of `owner`, as given. Throws `bad-option` for what is not an object and for a name that is not `known`. */
export function checkOptions<T extends object>(
  options: T,
  owner: string,
  known: readonly (keyof T & string)[],
): T {
  checkObject(`what ${owner} is given`, options);
  checkNames(options, owner, known);
  return options;
}

/** Plain JavaScript may hand over anything. */
export function checkObject(name: string, value: unknown): void {
  if (typeof value === "object" && value !== null) return;
  throw new EdgepropError("bad-option", `${name} is ${describeValue(value)}; expected an object`);
}

/** Throws for a name that is not `known`: most often it is misspelt, and the option would silently do nothing. */
export function checkNames(given: object, path: string, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    throw new EdgepropError(
      "bad-option",
      `${path === "" ? "" : `${path}.`}${name} is not a known field; expected one of ${quoteNames(known)}`,
    );
  }
}

/** Any value in a message: as JSON where it has one, cut where it is long. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  let text: string;
  try {
    text = JSON.stringify(value) ?? typeof value;
  } catch {
    text = typeName(value);
  }
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

/** Throws `bad-file` for what is not bytes. */
export function checkBytes(what: string, bytes: unknown): void {
  if (bytes instanceof Uint8Array) return;
  throw new EdgepropError(
    "bad-file",
    `${what} is of type ${typeName(bytes)}; expected a Uint8Array (of an ArrayBuffer: new Uint8Array(buffer))`,
  );
}

export function quoteNames(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

/** What a value is, as "Float64Array" or "Null". */
export function typeName(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
