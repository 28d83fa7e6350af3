/**
 * What a builder makes is plain JSON, and knows the object that its name stands for: so a bundle holds the code of what
 * it names, and no reader of names has to have it. JSON, comparisons and copies see the plain part alone.
 */
const link = /* @__PURE__ */ Symbol.for("edgeprop.type");

/** The spec, which knows its type from now on. */
export function linked<S extends object>(spec: S, type: object): S {
  return Object.defineProperty(spec, link, { value: type });
}

/** The type that a builder has given the spec; undefined for what comes as JSON. */
export function typeOfSpec(spec: unknown): unknown {
  return typeof spec === "object" && spec !== null ? (spec as { [link]?: unknown })[link] : undefined;
}
