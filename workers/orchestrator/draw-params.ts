import type { RunSpec } from "../../src/federated/index.ts";
import type { Model } from "../../src/model/index.ts";
import { drawParamsWith } from "../../src/training/index.ts";
import { backprop, loadKernels, planMemory, sgd } from "../../src/workerd.ts";

/** What training may take of the 128 MB that an isolate has. */
const isolateBudgetBytes = 96 * 2 ** 20;

/**
 * First params are a matter of model and seed alone. Throws `out-of-memory` for a model that no edge Worker has room to
 * train on a single example: the clients of its run would fail and ask again without end.
 */
export function drawParams(
  model: Model,
  { loss, seed }: Pick<RunSpec, "loss" | "seed">,
): Promise<Float32Array> {
  const smallest = { rule: backprop(), optimizer: sgd({ learningRate: 1 }), batchSize: 1 };
  planMemory(model, { ...smallest, loss, budgetBytes: isolateBudgetBytes });
  return drawParamsWith({ loadKernels }, model, { seed });
}
