import { once } from "node:events";
import { createServer, request as sendRequest } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { LocalRuntime } from "../../src/cli/local/local-runtime.ts";
import { dense, paramsLayout, sequential, toDataset } from "../../src/node.ts";
import { decodeParams, encodeDataset, encodeParams } from "../../src/protocol/index.ts";
import {
  base64,
  createCalls,
  examples,
  inline,
  layout,
  params,
  paramsFile,
  request,
  toForm,
} from "../support/finetune.ts";
import { http, secrets, startRuntime } from "../support/processes/local.ts";
import { freePort } from "../support/processes/ports.ts";
import { smallRun } from "../support/run.ts";

let runtime: LocalRuntime;
beforeAll(async () => {
  runtime = await startRuntime();
});
afterAll(async () => runtime.dispose());

const calls = createCalls(() => runtime.trainerUrls[0] ?? "");
const { params: _params, examples: _examples, ...options } = request;
const datasetFile = encodeDataset(examples);

function withInput(value: unknown): unknown {
  return { ...inline, inputs: inline.inputs.map((row, i) => (i === 7 ? row.with(2, value as number) : row)) };
}

describe("POST /v1/finetune refuses, naming the field,", () => {
  const huge = { input: [6], layers: [{ type: "dense", units: 2 ** 50 }] };
  const fields: readonly [string, object, number, RegExp][] = [
    [
      "an unknown layer",
      { layers: ["layers.3"] },
      400,
      /^layers: "layers\.3" is not a layer.*layers\.0, layers\.1, layers\.2/,
    ],
    ["a layer that is no index", { layers: [-1] }, 400, /^layers: -1 is not/],
    ["no layers", { layers: [] }, 400, /^layers: /],
    [
      "a layer of a user's own",
      { model: { ...request.model, layers: [...request.model.layers, { type: "mine" }] } },
      400,
      /^model: layers\[3\]\.type is "mine"; expected one of "dense", "conv2d", /,
    ],
    [
      "a label out of range",
      { examples: { ...inline, labels: inline.labels.with(7, 3) } },
      400,
      /^examples: the label of example 7 is 3; .*\[0, 3\)/,
    ],
    [
      "a negative label",
      { examples: { ...inline, labels: inline.labels.with(7, -1) } },
      400,
      /^examples\.labels\.7: /,
    ],
    [
      "a label too few",
      { examples: { ...inline, labels: inline.labels.slice(1) } },
      400,
      /^examples: 39 labels for 40 inputs/,
    ],
    ["no labels", { examples: { inputs: inline.inputs } }, 400, /^examples: labels are missing/],
    [
      "targets with classes",
      { examples: { ...inline, targets: inline.inputs } },
      400,
      /^examples: targets are not for/,
    ],
    [
      "values of another width",
      { loss: "meanSquaredError", examples: { inputs: inline.inputs, targets: inline.inputs } },
      400,
      /^examples: 240 targets for 40 examples/,
    ],
    [
      "a wrong width",
      { examples: { ...inline, inputs: inline.inputs.map((row) => row.slice(1)) } },
      400,
      /^examples: inputs have 5 values an example; the model takes 6/,
    ],
    [
      "rows of two widths",
      { examples: { ...inline, inputs: inline.inputs.with(4, [1]) } },
      400,
      /^examples: inputs\.4 has 1 values, inputs\.0 has 6/,
    ],
    ["NaN, which JSON writes as null", { examples: withInput(Number.NaN) }, 400, /^examples\.inputs\.7\.2: /],
    [
      "a number beyond float32",
      { examples: withInput(1e39) },
      400,
      /^examples: input value 2 of example 7 is Infinity/,
    ],
    ["no examples", { examples: undefined }, 400, /^examples: are missing/],
    ["an empty list of examples", { examples: { inputs: [], labels: [] } }, 400, /^examples\.inputs: /],
    ["a budget of 0", { cpuBudgetMs: 0 }, 400, /^cpuBudgetMs: /],
    ["steps of 0", { steps: 0 }, 400, /^steps: /],
    ["a batch of half an example", { batchSize: 0.5 }, 400, /^batchSize: /],
    ["an unknown field", { epochs: 3 }, 400, /epochs/],
    [
      "an unknown rule",
      { rule: { name: "newton" } },
      400,
      /^rule\.name: is "newton"; expected one of "backprop", "proxprop"$/,
    ],
    [
      "a tau of 0",
      { rule: { name: "proxprop", tau: 0 } },
      400,
      /^rule\.tau: is 0; expected a finite number above 0$/,
    ],
    ["an unknown answer", { answer: "gradient" }, 400, /^answer: /],
    ["two learning rates", { learningRate: 1 }, 400, /^learningRate: is there beside an optimizer/],
    ["no learning rate", { optimizer: undefined }, 400, /^learningRate: is missing/],
    ["no model", { model: undefined }, 400, /^model: /],
    [
      "a layer of no kind",
      { model: { input: [6], layers: [{ type: "lstm" }] } },
      400,
      /^model: layers\[0\]\.type is "lstm"/,
    ],
    ["a model too large", { model: huge }, 413, /^model: .* bytes of at most/],
    ["no params", { params: undefined }, 400, /^params: are missing/],
    ["params that are not base64", { params: "%" }, 400, /^params: 1 characters that are not base64/],
    ["params that are no file", { params: "AAAA" }, 400, /^params: not a safetensors file/],
    [
      "params of another model",
      {
        params: base64(
          encodeParams(paramsLayout(sequential({ input: [6] }, [dense(3)])), new Float32Array(21)),
        ),
      },
      400,
      /^params: tensor "layers\.0\.weights"/,
    ],
    [
      "params that are not finite",
      { params: base64(encodeParams(layout, params.with(5, Number.NaN))) },
      400,
      /^params: param 5 is NaN/,
    ],
    [
      "a checkpoint that is none",
      { checkpoint: base64(paramsFile) },
      400,
      /^checkpoint: not a checkpoint: metadata format/,
    ],
    [
      "a learning rate that diverges",
      {
        optimizer: { name: "sgd", learningRate: 1e6 },
        rule: { name: "backprop" },
        loss: "meanSquaredError",
        examples: { inputs: inline.inputs, targets: inline.labels.map((label) => [label, 0, 0]) },
      },
      400,
      /lower learningRate \(1000000\)/,
    ],
  ];
  it.for(fields)("%s", async ([, change, status, detail], { expect }) => {
    const problem = await calls.refusal("/v1/finetune", { ...request, ...change });
    expect(problem).toMatchObject({
      status,
      type: "application/problem+json",
      detail: expect.stringMatching(detail),
    });
  });

  const files: readonly [string, Record<string, unknown>, RegExp][] = [
    ["a form without the request", { params: paramsFile }, /^request: the part is missing/],
    ["a request that is not JSON", { request: "{" }, /^request: is not JSON/],
    [
      "a part of another name",
      { request: options, weights: paramsFile },
      /^weights: is not a known part; expected request, params, examples, checkpoint/,
    ],
    [
      "text in place of a file",
      { request: options, params: "model.safetensors" },
      /^params: is text; send a file/,
    ],
    ["a file that is missing", { request: options, params: paramsFile }, /^examples: are missing/],
    [
      "a file that is cut off",
      { request: options, params: paramsFile, examples: datasetFile.subarray(0, 300) },
      /^examples: not a safetensors file/,
    ],
    [
      "params twice",
      { request: { ...options, params: "AAAA" }, params: paramsFile, examples: datasetFile },
      /^params: are there twice/,
    ],
    ["examples twice", { request, examples: datasetFile }, /^examples: is there twice/],
    [
      "NaN in a file",
      {
        request: options,
        params: paramsFile,
        examples: encodeDataset({
          ...examples,
          inputs: Float32Array.from(examples.inputs).with(43, Number.NaN),
        }),
      },
      /^examples: input value 1 of example 7 is NaN/,
    ],
    [
      "a file of no examples",
      {
        request: options,
        params: paramsFile,
        examples: encodeDataset({
          ...examples,
          numExamples: 0,
          inputs: new Float32Array(0),
          targets: new Int32Array(0),
        }),
      },
      /^examples: there are none/,
    ],
    [
      "a file of another width",
      {
        request: options,
        params: paramsFile,
        examples: encodeDataset(
          toDataset({ inputs: new Float32Array(10), targets: new Int32Array(2), inputSize: 5 }),
        ),
      },
      /^examples: inputs have 5 values/,
    ],
  ];
  it.for(files)("%s", async ([, parts, detail], { expect }) => {
    expect(await calls.refusal("/v1/finetune", toForm(parts))).toMatchObject({
      status: 400,
      detail: expect.stringMatching(detail),
    });
  });

  const raw: readonly [string, string, string, number, RegExp][] = [
    [
      "a broken form",
      "multipart/form-data; boundary=x",
      "--y\r\nno form",
      400,
      /^body: is not the multipart/,
    ],
    ["a form without a boundary", "multipart/form-data", "--y", 400, /^body: is not the multipart/],
    ["a body that is not JSON", "application/json", "{", 400, /^body: is not JSON/],
    ["a body of another type", "text/plain", "{}", 400, /^content-type: is "text\/plain"/],
    [
      "JSON that is too large",
      "application/json",
      " ".repeat(5_000_000),
      413,
      /^body: 5000000 bytes of JSON/,
    ],
  ];
  it.for(raw)("%s", async ([, type, body, status, detail], { expect }) => {
    const answer = await fetch(`${runtime.trainerUrls[0]}/v1/finetune`, {
      method: "POST",
      headers: { authorization: `Bearer ${secrets.trainerToken}`, "content-type": type },
      body,
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ detail: expect.stringMatching(detail) });
  });

  it("a body that is too large, by what it announces", async ({ expect }) => {
    // Not by fetch: it fails when the answer comes before the whole body is sent.
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = sendRequest(`${runtime.trainerUrls[0]}/v1/finetune`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${secrets.trainerToken}`,
          "content-type": "multipart/form-data; boundary=x",
          "content-length": 17_000_000,
        },
      });
      sent.once("response", resolve).once("error", reject).write("--x");
    });
    expect(answer.statusCode).toBe(413);
    expect(await json(answer)).toMatchObject({
      code: "too-large",
      detail: "the body is larger than 16777216 bytes",
    });
    answer.destroy();
  });

  it("who has no token, or another", async ({ expect }) => {
    for (const path of ["/v1/finetune", "/v1/predict"]) {
      const url = `${runtime.trainerUrls[0]}${path}`;
      expect((await http("POST", url, { json: request })).status).toBe(401);
      expect((await http("POST", url, { json: request, token: secrets.adminToken })).status).toBe(401);
    }
  });
});

describe("base params by their address", () => {
  let files: Server;
  let url: string;
  beforeAll(async () => {
    files = createServer((incoming, answer) => {
      const status = Number(incoming.url?.slice(1));
      answer.writeHead(status, { location: "http://127.0.0.1:1/" });
      answer.end(status === 200 ? paramsFile : "");
    }).listen(0, "127.0.0.1");
    await once(files, "listening");
    const address = files.address();
    url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  });
  afterAll(() => files.close());

  it("are fetched, the same as sent along", async ({ expect }) => {
    const fetched = await calls.finetune({ ...request, params: { url: `${url}/200` } });
    expect(fetched.body).toEqual((await calls.finetune(request)).body);
  });

  it("are those of a run's model, opened by the token", async ({ expect }) => {
    const token = secrets.adminToken;
    const created = await http("POST", `${runtime.url}/v1/runs`, { token, json: smallRun });
    const { run } = created.json() as { run: string };
    const address = `${runtime.url}/v1/runs/${run}/model`;
    const call = {
      model: smallRun.model,
      examples: { inputs: [[0, 1, 2]], labels: [1] },
      learningRate: 0.1,
      steps: 3,
      answer: "delta",
    };
    const { body } = await calls.finetune({ ...call, params: { url: address, token } });
    expect(decodeParams(paramsLayout(smallRun.model), body)).toHaveLength(8);
    const wrong = await calls.refusal("/v1/finetune", { ...call, params: { url: address, token: "x.y.z" } });
    expect(wrong).toMatchObject({
      status: 403,
      code: "forbidden",
      detail: expect.stringMatching(/^params: .*401/),
    });
  });

  it("are missed with a word about why", async ({ expect }) => {
    const cases: readonly [string, number, RegExp][] = [
      [`${url}/404`, 400, /^params: .* answered 404/],
      [`${url}/403`, 403, /^params: .* answered 403/],
      [`${url}/302`, 400, /^params: .* answered 302/],
      [`${url}/500`, 502, /^params: .* answered 500/],
      [`http://127.0.0.1:${await freePort()}/`, 502, /^params: .* did not answer/],
      ["ftp://127.0.0.1/", 400, /^params\.url: Invalid URL/],
    ];
    for (const [address, status, detail] of cases) {
      const problem = await calls.refusal("/v1/finetune", { ...request, params: { url: address } });
      expect(problem).toMatchObject({ status, detail: expect.stringMatching(detail) });
    }
  });
});
