import { afterAll, beforeAll, describe, it } from "vitest";
import type { LocalRuntime } from "../../src/cli/local/local-runtime.ts";
import {
  backprop,
  conv2d,
  createTrainer,
  dense,
  flatten,
  losses,
  paramsLayout,
  proxProp,
  sequential,
  sgd,
} from "../../src/node.ts";
import { decodeParams, encodeParams } from "../../src/protocol/index.ts";
import type { PredictResponse } from "../../src/protocol/index.ts";
import {
  base64,
  createCalls,
  examples,
  inline,
  model,
  params,
  paramsFile,
  toForm,
} from "../support/finetune.ts";
import { startRuntime } from "../support/processes/local.ts";

let runtime: LocalRuntime;
beforeAll(async () => {
  runtime = await startRuntime();
});
afterAll(async () => runtime.dispose());

const calls = createCalls(() => runtime.trainerUrls[0] ?? "");
const request = { model, params: base64(paramsFile), inputs: inline.inputs };

async function predict(body: unknown): Promise<PredictResponse> {
  const response = await calls.post("/v1/predict", body);
  if (response.status !== 200) throw new Error(await response.text());
  return (await response.json()) as PredictResponse;
}

describe("POST /v1/predict", () => {
  it.for(losses)("answers what Node's trainer says under %s", async (loss, { expect }) => {
    const options = { loss, rule: backprop(), optimizer: sgd({ learningRate: 1 }), batchSize: 7, params };
    const local = await createTrainer(model, options);
    const { labels, probabilities } = await predict({ ...request, loss, inputScale: 0.5 });
    const expected = await local.probabilities(examples.inputs, { inputScale: 0.5 });
    expect(Float32Array.from(probabilities.flat())).toEqual(expected);
    expect(probabilities).toHaveLength(40);
    const classes = await local.predict(examples.inputs, { inputScale: 0.5 });
    expect(labels).toEqual(loss === "softmaxCrossEntropy" ? [...classes] : undefined);
  });

  it("takes the params as a file", async ({ expect }) => {
    const { params: _, ...rest } = request;
    expect(await predict(toForm({ request: rest, params: paramsFile }))).toEqual(await predict(request));
  });

  it("takes images as rows of their values, and a fine-tuned convolution", async ({ expect }) => {
    const images = sequential({ input: [2, 3, 1] }, [
      conv2d(2, { kernelSize: 2, activation: "relu" }),
      flatten(),
      dense(3),
    ]);
    const local = await createTrainer(images, {
      loss: "softmaxCrossEntropy",
      rule: proxProp({ tau: 1 }),
      optimizer: sgd({ learningRate: 0.5 }),
      batchSize: 40,
    });
    const file = encodeParams(paramsLayout(images), await local.getParams());
    const tuned = await calls.finetune({
      model: images,
      params: base64(file),
      examples: inline,
      learningRate: 0.5,
      steps: 3,
      batchSize: 40,
    });
    await local.train(examples, { maxSteps: 3 });
    const expected = encodeParams(paramsLayout(images), await local.getParams());
    expect(decodeParams(paramsLayout(images), tuned.body)).toEqual(
      decodeParams(paramsLayout(images), expected),
    );
    const answer = await predict({ model: images, params: base64(expected), inputs: inline.inputs });
    expect(answer.labels).toEqual([...(await local.predict(examples.inputs))]);
  });

  const wrong: readonly [string, object, RegExp][] = [
    ["no inputs", { inputs: [] }, /^inputs: /],
    ["inputs of another width", { inputs: [[1, 2]] }, /^inputs: have 2 values an example; the model takes 6/],
    ["rows of two widths", { inputs: [[1, 2, 3, 4, 5, 6], [1]] }, /inputs\.1 has 1 values, inputs\.0 has 6/],
    ["a null", { inputs: [[1, 2, 3, 4, 5, null]] }, /^inputs\.0\.5: /],
    ["a number beyond float32", { inputs: [[1, 2, 3, 4, 5, 1e39]] }, /^inputs: .*example 0 is Infinity/],
    [
      "params of another model",
      { model: { input: [6], layers: [{ type: "dense", units: 3 }] } },
      /^params: /,
    ],
    ["no params", { params: undefined }, /^params: are missing/],
    [
      "a layer of a user's own",
      { model: { input: [6], layers: [{ type: "mine" }] } },
      /^model: layers\[0\]\.type is "mine"; expected one of "dense", "conv2d", /,
    ],
    ["an unknown field", { threshold: 1 }, /threshold/],
    ["an unknown loss", { loss: "hinge" }, /^loss: /],
  ];
  it.for(wrong)("refuses %s, naming the field", async ([, change, detail], { expect }) => {
    const problem = await calls.refusal("/v1/predict", { ...request, ...change });
    expect(problem).toMatchObject({
      status: 400,
      type: "application/problem+json",
      detail: expect.stringMatching(detail),
    });
  });
});
