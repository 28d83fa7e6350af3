import type { LayerSpec } from "edgeprop";
import { customLayer } from "edgeprop/core";
import type { LayerCode } from "edgeprop/core";

export interface SoftClipSpec extends LayerSpec {
  readonly type: "softClip";
  readonly sharpness: number;
}

/** a = gain x / sqrt(1 + sharpness x^2), with one gain for each value of the last dimension. */
export const softClipCode: LayerCode<SoftClipSpec> = {
  type: "softClip",

  parse(fields) {
    fields.allowOnly(["type", "sharpness"]);
    return { type: "softClip", sharpness: fields.number("sharpness", { from: 0, byDefault: 1 }) };
  },

  form: (_, { inputShape }) => ({
    outputShape: inputShape,
    params: [{ name: "gain", shape: [inputShape.at(-1) ?? 1], initial: { kind: "ones" }, isTrained: true }],
  }),

  forward({ spec: { sharpness }, inputs, outputs, params: { gain = new Float32Array() } }) {
    for (const [i, x] of inputs.entries())
      outputs[i] = ((gain[i % gain.length] ?? 0) * x) / Math.sqrt(1 + sharpness * x * x);
  },

  backward({ spec: { sharpness }, inputs, params, direction, outputGradient, inputGradient }) {
    const { gain = new Float32Array() } = params;
    const { gain: gainGradient = new Float32Array() } = direction;
    for (const [i, x] of inputs.entries()) {
      const [unit, g] = [i % gain.length, outputGradient[i] ?? 0];
      const root = Math.sqrt(1 + sharpness * x * x);
      if (inputGradient !== null) inputGradient[i] = ((gain[unit] ?? 0) * g) / (root * root * root);
      gainGradient[unit] = (gainGradient[unit] ?? 0) + (g * x) / root;
    }
  },

  isPerExample: true,
};

export const softClip = customLayer(softClipCode);
