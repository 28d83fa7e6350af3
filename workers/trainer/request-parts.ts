import { EdgepropError } from "../../src/errors.ts";
import { readBytes } from "../shared/bodies.ts";

/** What a call may send: held in memory a few times over while it is read, and an isolate has 128 MB. */
export const maxCallBytes = 16 * 1024 * 1024;
/** Numbers as text, and as JavaScript's numbers, take several times the room of their bytes. */
const maxJsonBytes = 4 * 1024 * 1024;

/** The JSON of a call and the files beside it, whichever way it came. */
export interface RequestParts {
  readonly request: unknown;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** application/json, or multipart/form-data with the JSON as its part `request` and files under these names. */
export async function readParts(request: Request, fileNames: readonly string[]): Promise<RequestParts> {
  const type = request.headers.get("content-type") ?? "";
  const [essence = ""] = type.toLowerCase().split(";");
  switch (essence.trim()) {
    case "application/json":
      return { request: parseJson(await readBytes(request), "body"), files: new Map() };
    case "multipart/form-data":
      return readForm(request, fileNames);
    default:
      throw new EdgepropError(
        "bad-request",
        `content-type: is "${type}"; expected application/json or multipart/form-data`,
      );
  }
}

async function readForm(request: Request, fileNames: readonly string[]): Promise<RequestParts> {
  const form = await parseForm(request);
  const names = ["request", ...fileNames];
  for (const name of form.keys()) {
    if (!names.includes(name))
      throw new EdgepropError("bad-request", `${name}: is not a known part; expected ${names.join(", ")}`);
    if (form.getAll(name).length > 1)
      throw new EdgepropError("bad-request", `${name}: is there ${form.getAll(name).length} times`);
  }
  const json = form.get("request");
  if (json === null)
    throw new EdgepropError("bad-request", "request: the part is missing; it holds the JSON");
  const files = new Map<string, Uint8Array>();
  for (const name of fileNames) {
    const file = form.get(name);
    if (file === null) continue;
    if (typeof file === "string")
      throw new EdgepropError("bad-request", `${name}: is text; send a file (curl: -F ${name}=@FILE)`);
    files.set(name, await toBytes(file));
  }
  const bytes = typeof json === "string" ? new TextEncoder().encode(json) : await toBytes(json);
  return { request: parseJson(bytes, "request"), files };
}

async function parseForm(request: Request): Promise<FormData> {
  try {
    return await request.formData();
  } catch (cause) {
    throw new EdgepropError(
      "bad-request",
      "body: is not the multipart/form-data that its content-type announces",
      { cause },
    );
  }
}

async function toBytes(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer());
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  if (bytes.length > maxJsonBytes) {
    throw new EdgepropError(
      "too-large",
      `${name}: ${bytes.length} bytes of JSON, at most ${maxJsonBytes}; send params and examples as multipart files`,
    );
  }
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new EdgepropError("bad-request", `${name}: is not JSON`, { cause });
  }
}
