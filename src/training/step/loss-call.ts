import { completeLoss } from "../../model/index.ts";
import type { Loss, PlacedLayer } from "../../model/index.ts";
import type { Address, Arena } from "../../runtime/index.ts";
import type { LoadedBatch } from "../batches/batch-loader.ts";
import { activationsName } from "./plan-memory.ts";

export interface LossCallOptions {
  readonly loss: Loss;
  readonly classWeights?: readonly number[];
  /** Where dL/da of the last layer goes. */
  readonly gradient: Address;
}

/** The kernel call of a loss on the outputs of the batch that lies in the arena. */
export function lossCall(
  arena: Arena,
  layers: readonly PlacedLayer[],
  { loss, classWeights, gradient }: LossCallOptions,
): (batch: LoadedBatch) => number {
  const { kernels } = arena;
  const last = layers.length - 1;
  const columns = layers[last]?.outputSize ?? 0;
  const outputs = arena.at(activationsName(last));
  const targets = arena.at("targets");
  const weightsOf = ({ hasWeights }: LoadedBatch): number => (hasWeights ? arena.at("weights") : 0);
  const spec = completeLoss(loss);
  switch (spec.name) {
    case "softmaxCrossEntropy": {
      const { labelSmoothing } = spec;
      if (spec.targets === "probabilities") {
        return (batch) =>
          kernels.softmaxCrossEntropyDense(
            batch.rows,
            columns,
            labelSmoothing,
            batch.weightSum,
            outputs,
            weightsOf(batch),
            targets,
            gradient,
          );
      }
      const byClass = classWeights === undefined ? 0 : arena.at("classWeights");
      return (batch) =>
        kernels.softmaxCrossEntropy(
          batch.rows,
          columns,
          labelSmoothing,
          batch.weightSum,
          outputs,
          weightsOf(batch),
          byClass,
          targets,
          gradient,
        );
    }
    case "sigmoidCrossEntropy":
    case "meanSquaredError":
      return (batch) =>
        kernels[spec.name](
          batch.rows,
          columns,
          batch.weightSum,
          outputs,
          weightsOf(batch),
          targets,
          gradient,
        );
    case "huber":
      return (batch) =>
        kernels.huber(
          batch.rows,
          columns,
          spec.delta,
          batch.weightSum,
          outputs,
          weightsOf(batch),
          targets,
          gradient,
        );
    default:
      return spec satisfies never;
  }
}
