import { EdgepropError } from "edgeprop";
import type { Encoding } from "edgeprop/federated";
import { toTensor } from "edgeprop/safetensors";

export interface Int8Spec {
  readonly name: "int8";
}

/** A quarter of float32's bytes: integers from -127 to 127, and one scale for the whole delta. */
export const int8: Encoding<Int8Spec> = {
  name: "int8",
  kind: "encoding",
  parse(fields) {
    fields.allowOnly(["name"]);
    return { name: "int8" };
  },
  encode(_, delta) {
    const largest = delta.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = Math.fround(largest / 127);
    const integers = Int8Array.from(delta, (value) => (scale > 0 ? Math.round(value / scale) : 0));
    return {
      values: toTensor(integers, [integers.length]),
      scale: toTensor(Float32Array.of(scale), [1]),
    };
  },
  decode(_, { values, scale, ...surplus }) {
    if (values?.dtype !== "I8" || scale?.dtype !== "F32" || scale.bytes.length !== 4) {
      throw new EdgepropError("bad-shape", "an int8 update has the tensors values (I8) and scale (F32 [1])");
    }
    if (Object.keys(surplus).length > 0)
      throw new EdgepropError("bad-shape", `tensor "${Object.keys(surplus)[0]}" is not of an int8 update`);
    const factor = new DataView(scale.bytes.slice().buffer).getFloat32(0, true);
    return Float32Array.from(new Int8Array(values.bytes.slice().buffer), (value) => value * factor);
  },
};
