import type { ValuesFilter } from "edgeprop/federated";

export interface ClipSpec {
  readonly name: "clip";
  readonly maxNorm: number;
}

/** Scales a delta down to a Euclidean norm of `maxNorm` where it is longer; nothing to undo on the server. */
export const clip: ValuesFilter<ClipSpec> = {
  name: "clip",
  kind: "values",
  parse(fields) {
    fields.allowOnly(["name", "maxNorm"]);
    return { name: "clip", maxNorm: fields.has("maxNorm") ? fields.number("maxNorm", { above: 0 }) : 1 };
  },
  apply({ maxNorm }, delta) {
    const norm = Math.sqrt(delta.reduce((sum, value) => sum + value * value, 0));
    return norm > maxNorm ? delta.map((value) => value * (maxNorm / norm)) : delta;
  },
};
