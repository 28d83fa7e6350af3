import type { AgainstCase } from "../../against/cases.ts";

interface ExampleArrays {
  /** (count, inputs), in [0, 1). */
  readonly inputs: Float32Array;
  /** Classes. */
  readonly targets: Int32Array;
}

/** Seeded examples of a case. Their generator is this file's own: it must be the same on both sides. */
export function createExamples({ input, layers }: AgainstCase, count: number): ExampleArrays {
  const inputSize = input.reduce((product, size) => product * size, 1);
  const last = layers.at(-1);
  if (last?.type !== "dense") throw new RangeError("the last layer of a case must be dense");
  let state = 12_345;
  // Numerical Recipes' linear congruential generator; its high bits are good enough for data.
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    inputs: Float32Array.from({ length: count * inputSize }, next),
    targets: Int32Array.from({ length: count }, () => Math.floor(next() * last.units)),
  };
}
