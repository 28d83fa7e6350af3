import type { ModelSpec, Trainer, TrainerOptions } from "../../src/index.ts";
import { sgd } from "../../src/optimizers/index.ts";
import { backprop } from "../../src/rules/index.ts";
import type { TrainingProblem } from "../problems/problems.ts";
import type { CreateTrainingPeer } from "./peer.ts";

/** The public API alone. `createTrainer` is that of the platform's entry; rule and optimizer come from builders, as edgeprop/dense wants them. */
export function createEdgepropPeer(
  createTrainer: (model: ModelSpec, options: TrainerOptions) => Promise<Trainer>,
  rule: TrainerOptions["rule"] = backprop(),
): CreateTrainingPeer {
  return async (problem) => {
    const trainer = await createTrainer(problem.model, trainerOptions(problem, rule));
    const batches = problem.batches.map(({ inputs, labels }) => ({ inputs, targets: labels }));
    let last = Number.NaN;
    return {
      async step(index) {
        const batch = batches[index];
        if (batch === undefined) throw new RangeError(`no batch ${index}`);
        last = (await trainer.step(batch)).loss;
      },
      loss: () => last,
    };
  };
}

export function trainerOptions(
  { learningRate, batchSize, params }: TrainingProblem,
  rule: TrainerOptions["rule"],
): TrainerOptions {
  return {
    loss: "softmaxCrossEntropy",
    rule,
    optimizer: sgd({ learningRate }),
    batchSize,
    params,
    deterministic: false,
  };
}
