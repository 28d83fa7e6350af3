import { createRandom } from "./random.ts";

/** The order in which an epoch (from 0) visits the examples. It depends on seed and epoch alone. */
export function epochOrder(
  numExamples: number,
  { seed, epoch }: { readonly seed: number; readonly epoch: number },
): Uint32Array {
  const order = new Uint32Array(numExamples);
  for (let index = 0; index < numExamples; index++) order[index] = index;
  createRandom(seed, "order", epoch).shuffle(order);
  return order;
}

/** The range of every batch of `batchSize` examples, the last one shorter. */
export function* batchRanges(
  numExamples: number,
  batchSize: number,
): Generator<{ readonly begin: number; readonly end: number }> {
  for (let begin = 0; begin < numExamples; begin += batchSize)
    yield { begin, end: Math.min(numExamples, begin + batchSize) };
}
