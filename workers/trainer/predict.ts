import { z } from "zod";
import { EdgepropError } from "../../src/errors.ts";
import { describeModel, hasClasses } from "../../src/model/index.ts";
import type { Loss, ModelSpec } from "../../src/model/index.ts";
import type { PredictResponse } from "../../src/protocol/index.ts";
import { backprop, planMemory, sgd } from "../../src/training/index.ts";
import { createTrainer } from "../../src/workerd.ts";
import { parseWith } from "../shared/parse.ts";
import { loss, model, rate } from "../shared/training-schemas.ts";
import { loadParams, paramsSource } from "./base-params.ts";
import { flatten, rows, trainerBytes } from "./finetune-request.ts";
import { refuseCustomLayers } from "./custom-layers.ts";
import { naming } from "./naming.ts";
import { readParts } from "./request-parts.ts";

/** A call to predict, checked and complete. */
export interface Prediction {
  readonly model: ModelSpec;
  readonly loss: Loss;
  readonly params: Float32Array;
  /** numExamples x input values, row-major. */
  readonly inputs: Float32Array;
  readonly inputScale: number;
}

const schema = z.strictObject({
  model,
  params: paramsSource.optional(),
  inputs: rows,
  inputScale: rate.default(1),
  loss: loss.default("softmaxCrossEntropy"),
});

/** Of no use to a prediction, but a trainer has them. */
const training = { rule: backprop(), optimizer: sgd({ learningRate: 1 }), batchSize: 32 };

/** Throws what becomes a problem that names the field. */
export async function readPredict(request: Request): Promise<Prediction> {
  const parts = await readParts(request, ["params"]);
  const body = parseWith(schema, parts.request);
  const { inputScale } = body;
  await naming("model", () => {
    refuseCustomLayers(body.model);
    planMemory(body.model, { loss: body.loss, ...training, budgetBytes: trainerBytes });
  });
  const inputs = flatten(body.inputs, "inputs");
  const width = inputs.length / body.inputs.length;
  const inputSize = describeModel(body.model)[0]?.inputSize ?? 0;
  if (width !== inputSize) {
    throw new EdgepropError(
      "bad-shape",
      `inputs: have ${width} values an example; the model takes ${inputSize}`,
    );
  }
  const params = await loadParams(body.model, body.params, parts.files.get("params"));
  return { model: body.model, loss: body.loss, params, inputs, inputScale };
}

export async function predict({
  model: spec,
  loss: chosen,
  params,
  inputs,
  inputScale,
}: Prediction): Promise<PredictResponse> {
  const trainer = await createTrainer(spec, { loss: chosen, ...training });
  await naming("params", async () => trainer.setParams(params));
  return naming("inputs", async () => {
    const flat = await trainer.probabilities(inputs, { inputScale });
    const width = describeModel(spec).at(-1)?.outputSize ?? 1;
    const probabilities = Array.from({ length: flat.length / width }, (_, row) => [
      ...flat.subarray(row * width, (row + 1) * width),
    ]);
    if (!hasClasses(chosen)) return { probabilities };
    return { labels: [...(await trainer.predict(inputs, { inputScale }))], probabilities };
  });
}
