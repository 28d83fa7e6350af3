export { activations, allActivations } from "./all.ts";
export type { Activation, ActivationName } from "./all.ts";
export { elementwise } from "./elementwise.ts";
