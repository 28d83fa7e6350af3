export { allRules } from "./all.ts";
export type { KnownRule } from "./all.ts";
export { backprop, backpropRule } from "./backprop.ts";
export type { BackpropRule } from "./backprop.ts";
export { proxProp, proxPropRule } from "./prox-prop.ts";
export type { ProxPropOptions, ProxPropRule } from "./prox-prop.ts";
