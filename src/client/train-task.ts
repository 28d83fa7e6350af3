import type { Dataset } from "../data/index.ts";
import type { ClientUpdate, TrainTask } from "../federated/index.ts";
import type { CreateTrainer, Slicing } from "./participant.ts";
import { withTrainer } from "./with-trainer.ts";

/** Floating-point operations per slice: some milliseconds of one core. */
const sliceFlops = 1e8;
/** What a step costs beside its products: it rules where the model is tiny. */
const stepFlops = 3e4;

/**
 * Trains a task on the client's own data, in slices; the same task, params and data give the same bytes. The update is
 * as it was trained: the task's update filters are applied where it is sent, by `takeTurn` and by `simulate`.
 *
 * @example
 * ```ts
 * const training = { rule: backprop(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 2, localEpochs: 1 };
 * const task = { kind: "train", round: 1, model, loss: "softmaxCrossEntropy", training, seed: 1, timeLeftMs: 0 } as const;
 * const params = await trainer.getParams();
 * const slicing = { pause: async () => {} };
 * const { delta } = await trainTask(createTrainer, task, { params, dataset, slicing });
 * ```
 */
export async function trainTask(
  createTrainer: CreateTrainer,
  task: TrainTask,
  {
    params,
    dataset,
    slicing,
    onProgress,
  }: {
    readonly params: Float32Array;
    readonly dataset: Dataset;
    readonly slicing: Slicing;
    /** Called after every slice: `done` of the `total` examples that the task visits have been used. */
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
  },
): Promise<ClientUpdate> {
  const { rule, optimizer, batchSize, localEpochs } = task.training;
  const options = {
    loss: task.loss,
    rule,
    optimizer,
    batchSize,
    seed: task.seed,
    deterministic: true,
    params,
  };
  return withTrainer(createTrainer(task.model, options), async (trainer) => {
    const maxSteps = Math.max(1, Math.floor(sliceFlops / (stepFlops + 6 * batchSize * trainer.numParams)));
    let lossSum = 0;
    let weightSum = 0;
    let seen = 0;
    for (let isDone = false; !isDone;) {
      const slice = await trainer.train(dataset, { maxSteps, epochs: localEpochs });
      lossSum += slice.lossSum;
      weightSum += slice.weightSum;
      isDone = slice.isDone;
      seen += slice.numExamples;
      onProgress?.(seen, localEpochs * dataset.numExamples);
      await slicing.pause();
    }
    return {
      delta: await trainer.getDelta(params),
      numExamples: dataset.numExamples,
      loss: weightSum > 0 ? lossSum / weightSum : 0,
    };
  });
}
