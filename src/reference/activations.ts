import type { Activation } from "../model/index.ts";

/** a = sigma(z) */
export function activate(activation: Activation, z: number): number {
  switch (activation) {
    case "linear":
      return z;
    case "relu":
      return Math.max(0, z);
    case "leakyRelu":
      return z > 0 ? z : 0.01 * z;
    case "tanh":
      return Math.tanh(z);
    case "sigmoid":
      return 1 / (1 + Math.exp(-z));
    case "gelu":
      return z * normalDistribution(z);
    default:
      return activation satisfies never;
  }
}

/** sigma'(z) */
export function slope(activation: Activation, z: number): number {
  switch (activation) {
    case "linear":
      return 1;
    case "relu":
      return z > 0 ? 1 : 0;
    case "leakyRelu":
      return z > 0 ? 1 : 0.01;
    case "tanh":
      return 1 - Math.tanh(z) ** 2;
    case "sigmoid":
      return activate("sigmoid", z) * (1 - activate("sigmoid", z));
    case "gelu":
      return normalDistribution(z) + z * normalDensity(z);
    default:
      return activation satisfies never;
  }
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
