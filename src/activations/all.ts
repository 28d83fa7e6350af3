import type { ActivationType } from "../kinds/activation-type.ts";

/** relu: max(z, 0). leakyRelu: max(z, z / 100). gelu: z Phi(z), Phi being the normal distribution function. */
export const allActivations = {
  linear: { name: "linear", number: 0, slopeFrom: "a", forward: null, backward: null },
  relu: { name: "relu", number: 1, slopeFrom: "a", forward: null, backward: "reluBackward" },
  leakyRelu: { name: "leakyRelu", number: 2, slopeFrom: "a", forward: null, backward: "leakyReluBackward" },
  tanh: { name: "tanh", number: 3, slopeFrom: "a", forward: null, backward: "tanhBackward" },
  sigmoid: { name: "sigmoid", number: 4, slopeFrom: "a", forward: null, backward: "sigmoidBackward" },
  gelu: { name: "gelu", number: 0, slopeFrom: "z", forward: "gelu", backward: "geluBackward" },
} as const satisfies Record<string, ActivationType>;

export type ActivationName = keyof typeof allActivations;
/** By a name of edgeprop's, or of a user's own. */
export type Activation = ActivationName | (string & {});

export const activations = Object.keys(allActivations) as readonly ActivationName[];
