import { createRandom } from "../../data/index.ts";
import type { Noise } from "../../kinds/layer-calls.ts";

/** A key of its own for the seed, so that dropped values have nothing to do with initial params and orders. */
export function createNoise(seed: number, stepNumber: () => number): Noise {
  const random = createRandom(seed, "dropout");
  return { keyLow: random.uint32(), keyHigh: random.uint32(), stepNumber };
}
