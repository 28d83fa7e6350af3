import type { Dataset } from "edgeprop";

const side = 28;

/**
 * Digits as a slanted hand writes them: a shear about the middle row, x' = x - slant (y - 13.5), between two pixels
 * by their distance. A positive slant leans to the right, 0.8 by 39 degrees.
 */
export function slantDigits(digits: Dataset, slant: number): Dataset {
  const { inputs, numExamples } = digits;
  const slanted = new Uint8Array(inputs.length);
  for (let row = 0; row < numExamples * side; row++) {
    const shift = slant * ((row % side) - (side - 1) / 2);
    for (let x = 0; x < side; x++) {
      const left = Math.floor(x + shift);
      const share = x + shift - left;
      const at = (column: number): number =>
        column < 0 || column >= side ? 0 : (inputs[row * side + column] ?? 0);
      slanted[row * side + x] = Math.round((1 - share) * at(left) + share * at(left + 1));
    }
  }
  return { ...digits, inputs: slanted };
}
