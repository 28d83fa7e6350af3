import { elementwise } from "edgeprop/core";

/**
 * Squareplus (Barron 2021), a = (z + sqrt(z^2 + 4)) / 2: a softplus of operations that every machine rounds alike.
 * Either form of the sum and of the slope is the one that does not cancel.
 */
export const squareplusFormula: Parameters<typeof elementwise>[0] = {
  name: "squareplus",
  value: (z) => (z < 0 ? 2 / (root(z) - z) : (root(z) + z) / 2),
  slope: (z) => (z < 0 ? 2 / (root(z) * (root(z) - z)) : (root(z) + z) / (2 * root(z))),
};

export const squareplus = elementwise(squareplusFormula);

function root(z: number): number {
  return Math.sqrt(z * z + 4);
}
