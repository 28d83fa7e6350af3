import type { RunSpec } from "../../src/federated/index.ts";
import { backprop, createTrainer, sgd } from "../../src/workerd.ts";

/** What drawing may take of the 128 MB that an isolate has. */
const drawingBudgetBytes = 96 * 2 ** 20;

/**
 * First params are a matter of model and seed alone: the trainer that draws them is the smallest there is, whatever
 * batches and optimizer the clients will have. Throws `out-of-memory` for a model that is too large for this object.
 */
export async function drawParams({ model, loss, seed }: RunSpec): Promise<Float32Array> {
  const smallest = { rule: backprop(), optimizer: sgd({ learningRate: 1 }), batchSize: 1 };
  const trainer = await createTrainer(model, {
    ...smallest,
    loss,
    seed,
    budgetBytes: drawingBudgetBytes,
  });
  return trainer.getParams();
}
