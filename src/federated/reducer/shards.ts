import type { RunSpec, Shard } from "../types.ts";

/** The shards of a round's batch: consecutive, as even as whole examples allow. Empty in `federated` mode. */
export function cutBatch({ minibatch, training, cohortSize }: RunSpec, round: number): Shard[] {
  if (minibatch === undefined) return [];
  const { batchSize } = training;
  const batches = Math.floor(minibatch.numExamples / batchSize);
  const first = ((round - 1) % batches) * batchSize;
  return Array.from({ length: cohortSize }, (_, index) => ({
    begin: first + Math.floor((index * batchSize) / cohortSize),
    end: first + Math.floor(((index + 1) * batchSize) / cohortSize),
    lease: null,
  }));
}
