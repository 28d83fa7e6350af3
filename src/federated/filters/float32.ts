import { fromTensors, toTensors } from "../../frames/index.ts";
import type { Encoding } from "./update-filter.ts";

export interface Float32Spec {
  readonly name: "float32";
}

/** The values as they are, as F32 tensors named as the params': what a run sends that names no other encoding. */
export const float32: Encoding<Float32Spec> = {
  name: "float32",
  kind: "encoding",
  parse(fields) {
    fields.allowOnly(["name"]);
    return { name: "float32" };
  },
  encode: (_, delta, { layout }) => toTensors(layout, delta),
  decode: (_, tensors, { layout }) => fromTensors(layout, tensors),
};
