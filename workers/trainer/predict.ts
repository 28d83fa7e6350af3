import { z } from "zod";
import { EdgepropError } from "../../src/errors.ts";
import type { Model } from "../../src/model/index.ts";
import type { PredictResponse } from "../../src/protocol/index.ts";
import { bindLoss, planMemory } from "../../src/training/index.ts";
import type { Loss } from "../../src/training/index.ts";
import { createPredictor } from "../../src/workerd.ts";
import { parseWith } from "../shared/parse.ts";
import { rate, trainingSchemas } from "../shared/training-schemas.ts";
import { loadParams, paramsSource } from "./base-params.ts";
import { flatten, rows, trainerBytes } from "./finetune-request.ts";
import { naming } from "./naming.ts";
import { readParts } from "./request-parts.ts";
import { sets } from "./sets.ts";

/** A call to predict, checked and complete. */
export interface Prediction {
  readonly model: Model;
  readonly loss: Loss;
  readonly params: Float32Array;
  /** numExamples x input values, row-major. */
  readonly inputs: Float32Array;
  readonly inputScale: number;
}

const { model, loss } = trainingSchemas(sets);

const schema = z.strictObject({
  model,
  params: paramsSource.optional(),
  inputs: rows,
  inputScale: rate.default(1),
  loss: loss.default("softmaxCrossEntropy"),
});

const batchSize = 32;

/** Throws what becomes a problem that names the field. */
export async function readPredict(request: Request): Promise<Prediction> {
  const parts = await readParts(request, ["params"]);
  const body = parseWith(schema, parts.request);
  const { inputScale } = body;
  await naming("model", () =>
    planMemory(body.model, { loss: body.loss, batchSize, budgetBytes: trainerBytes }),
  );
  const inputs = flatten(body.inputs, "inputs");
  const width = inputs.length / body.inputs.length;
  const { inputSize } = body.model;
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
  const predictor = await createPredictor(spec, { loss: chosen, batchSize });
  try {
    await naming("params", async () => predictor.setParams(params));
    return await naming("inputs", async () => {
      const flat = await predictor.probabilities(inputs, { inputScale });
      const width = spec.outputSize;
      const probabilities = Array.from({ length: flat.length / width }, (_, row) => [
        ...flat.subarray(row * width, (row + 1) * width),
      ]);
      if (bindLoss(chosen, sets).type.outputs !== "classes") return { probabilities };
      return { labels: [...(await predictor.predict(inputs, { inputScale }))], probabilities };
    });
  } finally {
    await predictor.dispose();
  }
}
