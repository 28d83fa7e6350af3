import { EdgepropError } from "../../src/errors.ts";
import type { Model } from "../../src/model/index.ts";
import { drawParamsWith } from "../../src/training/index.ts";
import { loadKernels } from "../../src/workerd.ts";

/** What drawing may take of the 128 MB that an isolate has. */
const drawingBudgetBytes = 96 * 2 ** 20;

/** First params are a matter of model and seed alone. Throws `out-of-memory` for a model that is too large for this object. */
export async function drawParams(model: Model, seed: number): Promise<Float32Array> {
  const bytes = 4 * model.numParams;
  if (bytes <= drawingBudgetBytes) return drawParamsWith({ loadKernels }, model, { seed });
  throw new EdgepropError(
    "out-of-memory",
    `the params take ${bytes} bytes; at most ${drawingBudgetBytes} are there for them`,
  );
}
