import type { ActivationFormula, ActivationType } from "../kinds/activation-type.ts";

/**
 * An activation from its formula, for a set of a user's own. It is computed value by value in JavaScript.
 *
 * @example
 * ```ts
 * const softsign = elementwise({
 *   name: "softsign",
 *   value: (z) => z / (1 + Math.abs(z)),
 *   slope: (z) => 1 / (1 + Math.abs(z)) ** 2,
 * });
 * ```
 */
export function elementwise({
  name,
  value,
  slope,
}: ActivationFormula & { readonly name: string }): ActivationType {
  return {
    name,
    number: 0,
    slopeFrom: "z",
    forward(z, a) {
      for (let i = 0; i < z.length; i++) a[i] = value(z[i] ?? 0);
    },
    backward(z, gradient) {
      for (let i = 0; i < z.length; i++) gradient[i] = (gradient[i] ?? 0) * slope(z[i] ?? 0);
    },
    formula: { value, slope },
  };
}
