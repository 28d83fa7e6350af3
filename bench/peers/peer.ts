import type { TrainingProblem } from "../problems/problems.ts";

/** A library that trains a problem's network by plain SGD. */
export interface TrainingPeer {
  /** One optimizer step on the problem's batch of this index. */
  step(batch: number): unknown;
  /** Waits until all steps are done: the mean loss of the last one's batch before it. */
  loss(): number | Promise<number>;
}

export type CreateTrainingPeer = (problem: TrainingProblem) => TrainingPeer | Promise<TrainingPeer>;

/** What a library cannot do; the benchmark reports null and the reason. */
export class CannotRun extends Error {}

/** (rows, numClasses) of zeros and ones, for libraries that take no class indices. */
export function toOneHot(labels: Int32Array, numClasses: number): Float32Array {
  const values = new Float32Array(labels.length * numClasses);
  for (const [row, label] of labels.entries()) values[row * numClasses + label] = 1;
  return values;
}
