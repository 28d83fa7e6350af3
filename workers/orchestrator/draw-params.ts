import type { Model } from "../../src/model/index.ts";
import { drawParamsWith } from "../../src/training/index.ts";
import { loadKernels } from "../../src/workerd.ts";

/** First params are a matter of model and seed alone. */
export function drawParams(model: Model, seed: number): Promise<Float32Array> {
  return drawParamsWith({ loadKernels }, model, { seed });
}
