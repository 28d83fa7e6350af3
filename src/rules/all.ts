import { backpropRule } from "./backprop.ts";
import type { BackpropRule } from "./backprop.ts";
import { proxPropRule } from "./prox-prop.ts";
import type { ProxPropRule } from "./prox-prop.ts";

/** Every update rule there is, by name. */
export const allRules = { backprop: backpropRule, proxprop: proxPropRule };

/** The update rules of edgeprop with their options. */
export type KnownRule = BackpropRule | ProxPropRule;
