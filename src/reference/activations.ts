import type { ActivationName } from "../activations/index.ts";
import type { ActivationFormula, ActivationType } from "../kinds/activation-type.ts";

/** The formulas of edgeprop's activations in float64. */
export const activationFormulas: Readonly<Record<ActivationName, ActivationFormula>> = {
  linear: { value: (z) => z, slope: () => 1 },
  relu: { value: (z) => Math.max(0, z), slope: (z) => (z > 0 ? 1 : 0) },
  leakyRelu: { value: (z) => (z > 0 ? z : 0.01 * z), slope: (z) => (z > 0 ? 1 : 0.01) },
  tanh: { value: (z) => Math.tanh(z), slope: (z) => 1 - Math.tanh(z) ** 2 },
  sigmoid: { value: sigmoid, slope: (z) => sigmoid(z) * (1 - sigmoid(z)) },
  gelu: {
    value: (z) => z * normalDistribution(z),
    slope: (z) => normalDistribution(z) + z * normalDensity(z),
  },
};

/** The formula of an activation, a user's own included. Throws RangeError for one that has none. */
export function formulaOf(activation: ActivationType): ActivationFormula {
  const known: Readonly<Record<string, ActivationFormula>> = activationFormulas;
  const formula = activation.formula ?? known[activation.name];
  if (formula === undefined) throw new RangeError(`no formula of the activation "${activation.name}"`);
  return formula;
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

function normalDensity(z: number): number {
  return Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/**
 * Phi(z), by the series phi(z) (z + z^3 / 3 + z^5 / (3 5) + ...) around 0, and by Laplace's continued fraction
 * phi(z) / (z + 1 / (z + 2 / (z + ...))) of the tail (Abramowitz & Stegun 26.2.11 and 26.2.14).
 */
function normalDistribution(z: number): number {
  const y = Math.abs(z);
  if (y < 4) {
    let sum = 0;
    let term = z;
    for (let n = 3; sum + term !== sum; n += 2) {
      sum += term;
      term *= (z * z) / n;
    }
    return 0.5 + normalDensity(z) * sum;
  }
  let fraction = y;
  for (let n = 200; n > 0; n--) fraction = y + n / fraction;
  const tail = normalDensity(z) / fraction;
  return z < 0 ? tail : 1 - tail;
}
