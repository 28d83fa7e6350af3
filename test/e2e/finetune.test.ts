import { afterAll, beforeAll, describe, it } from "vitest";
import type { LocalRuntime } from "../../src/cli/local/local-runtime.ts";
import {
  adam,
  createTrainer,
  decodeCheckpoint,
  dense,
  nesterov,
  paramsLayout,
  proxProp,
  sequential,
  toDataset,
} from "../../src/node.ts";
import type { Dataset } from "../../src/node.ts";
import { decodeParams, encodeDataset, encodeParams } from "../../src/protocol/index.ts";
import type { FinetuneRequest } from "../../src/protocol/index.ts";
import { decodeSafetensors, toFloat32 } from "../../src/safetensors/index.ts";
import {
  base64,
  createCalls,
  examples,
  inline,
  layout,
  model,
  params,
  paramsFile,
  request,
  toForm,
  toRows,
} from "../support/finetune.ts";
import { startRuntime } from "../support/processes/local.ts";

let runtime: LocalRuntime;
beforeAll(async () => {
  runtime = await startRuntime();
});
afterAll(async () => runtime.dispose());

const calls = createCalls(() => runtime.trainerUrls[0] ?? "");
const finetune = async (overrides: Partial<FinetuneRequest> = {}) =>
  calls.finetune({ ...request, ...overrides });

/** What Node computes. */
async function expectedOf(
  { optimizer = adam({ learningRate: 0.01 }), layers = [0, 1, 2], steps = 25 } = {},
  dataset: Dataset = examples,
) {
  const local = await createTrainer(model, {
    loss: "softmaxCrossEntropy",
    rule: proxProp({ tau: 1 }),
    optimizer,
    batchSize: 8,
    seed: 3,
    params,
    trainable: layers,
  });
  const before = await local.evaluate(dataset);
  await local.train(dataset, { maxSteps: steps });
  return { before, after: await local.evaluate(dataset), params: await local.getParams() };
}

describe("POST /v1/finetune", () => {
  it("answers with the very params that Node computes, and tells what they are worth", async ({ expect }) => {
    const { body, metrics } = await finetune();
    const expected = await expectedOf();
    expect(decodeParams(layout, body)).toEqual(expected.params);
    const { cpuMs, ...rest } = metrics;
    const toMetrics = ({ loss, accuracy }: { loss: number; accuracy?: number }) => ({ loss, accuracy });
    expect(rest).toEqual({
      status: "done",
      stepsTaken: 25,
      steps: 25,
      before: toMetrics(expected.before),
      after: toMetrics(expected.after),
    });
    expect(cpuMs).toBeGreaterThanOrEqual(0);
    expect(JSON.parse(decodeSafetensors(body).metadata["metrics"] ?? "")).toEqual(rest);
  });

  it("takes files in a form as well as JSON, for the same bytes", async ({ expect }) => {
    const { params: _, examples: __, ...rest } = request;
    const body = toForm({ request: rest, params: paramsFile, examples: encodeDataset(examples) });
    const [asForm, asJson] = [await calls.finetune(body), await finetune()];
    expect(asForm.body).toEqual(asJson.body);
  });

  it("takes bytes with a scale, inline and from a file", async ({ expect }) => {
    const bytes = toDataset({
      inputs: Uint8Array.from({ length: 240 }, (_, i) => (i * 91) % 256),
      targets: Uint8Array.from(examples.targets),
      inputSize: 6,
    });
    const { params: expected } = await expectedOf({}, bytes);
    const { examples: _, ...rest } = request;
    const asFile = await calls.finetune(toForm({ request: rest, examples: encodeDataset(bytes) }));
    expect(decodeParams(layout, asFile.body)).toEqual(expected);
    const asJson = await finetune({
      examples: { ...inline, inputs: toRows(bytes.inputs, 6), inputScale: 1 / 255 },
    });
    expect(decodeParams(layout, asJson.body)).toEqual(expected);
  });

  it("trains the layers named and no other", async ({ expect }) => {
    for (const layers of [["layers.2"], [2]] as const) {
      const tuned = decodeParams(layout, (await finetune({ layers })).body);
      expect(tuned).toEqual((await expectedOf({ layers: [2] })).params);
      const head = layout.find(({ name }) => name === "layers.2.weights")?.offset ?? 0;
      expect(tuned.subarray(0, head)).toEqual(params.subarray(0, head));
      expect(tuned.subarray(head)).not.toEqual(params.subarray(head));
    }
  });

  it("answers with the difference of the trained layers alone where that is asked for", async ({
    expect,
  }) => {
    const layers = ["layers.0", 2];
    const whole = decodeSafetensors((await finetune({ layers })).body).tensors;
    const { tensors } = decodeSafetensors((await finetune({ layers, answer: "delta" })).body);
    const trained = layout.filter(({ name }) => !name.startsWith("layers.1."));
    expect(Object.keys(tensors)).toEqual(trained.map(({ name }) => name));
    for (const { name, shape, offset, length } of trained) {
      const [delta, after] = [tensors[name], whole[name]];
      if (delta === undefined || after === undefined) throw new Error(`${name} is missing`);
      expect(delta.shape).toEqual(shape);
      const start = params.subarray(offset, offset + length);
      expect(toFloat32(delta)).toEqual(toFloat32(after).map((value, i) => value - (start[i] ?? 0)));
    }
  });

  it("takes a rule, a loss and values as targets", async ({ expect }) => {
    const targets = toRows(
      Float32Array.from({ length: 120 }, (_, i) => (i % 5) / 4),
      3,
    );
    const { body, metrics } = await finetune({
      loss: "meanSquaredError",
      rule: { name: "backprop" },
      examples: { inputs: inline.inputs, targets },
    });
    const local = await createTrainer(model, {
      loss: "meanSquaredError",
      rule: { name: "backprop" },
      optimizer: adam({ learningRate: 0.01 }),
      batchSize: 8,
      seed: 3,
      params,
    });
    await local.train({ ...examples, targets: Float32Array.from(targets.flat()) }, { maxSteps: 25 });
    expect(decodeParams(layout, body)).toEqual(await local.getParams());
    expect(metrics.before).not.toHaveProperty("accuracy");
  });
});

describe("a call with a small budget", () => {
  /** Enough steps that 5 ms of them leave most to do. */
  const steps = 40_000;

  for (const [name, optimizer] of [
    ["adam", adam({ learningRate: 1e-4 })],
    ["nesterov", nesterov({ learningRate: 1e-4 })],
  ] as const) {
    it(`stops with a checkpoint, and calls that go on from it end in the bytes of one: ${name}`, async ({
      expect,
    }) => {
      const layers = [1, 2];
      const whole = await finetune({ optimizer, layers, steps, cpuBudgetMs: 100_000 });
      expect(whole.metrics.status).toBe("done");

      let part = await finetune({ optimizer, layers, steps, cpuBudgetMs: 5 });
      expect(part.metrics).toMatchObject({ status: "checkpoint", steps, before: whole.metrics.before });
      expect(part.metrics.stepsTaken).toBeGreaterThan(0);
      expect(part.metrics.stepsTaken).toBeLessThan(steps / 2);
      expect(part.metrics).not.toHaveProperty("after");
      expect(decodeCheckpoint(part.body).progress.stepsTaken).toBe(part.metrics.stepsTaken);

      const stops = [part.metrics.stepsTaken];
      while (part.metrics.status === "checkpoint") {
        const budget = { cpuBudgetMs: stops.length === 1 ? 20 : 100_000 };
        const next = toForm({
          request: { ...request, optimizer, layers, steps, ...budget },
          checkpoint: part.body,
        });
        part = await calls.finetune(next);
        stops.push(part.metrics.stepsTaken);
      }
      expect(stops.length).toBeGreaterThan(2);
      expect(part.body).toEqual(whole.body);
    });
  }

  it("overruns it by a slice at most, however large the model is", async ({ expect }) => {
    // A step of 0.2 GFLOP or so: some milliseconds.
    const wide = sequential({ input: [6] }, [dense(1024, { activation: "relu" }), dense(1024), dense(3)]);
    const zeros = encodeParams(paramsLayout(wide), new Float32Array(wide.numParams));
    const startedAt = performance.now();
    const { metrics } = await calls.finetune(
      toForm({
        request: { model: wide, examples: inline, learningRate: 0.1, steps: 10_000, cpuBudgetMs: 50 },
        params: zeros,
      }),
    );
    expect(metrics.status).toBe("checkpoint");
    // Measured from outside, upload of 4 MB and download of the checkpoint included: generous, on a busy machine.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(metrics.cpuMs).toBeLessThan(1_000);
  });

  it("continues nothing but its own request", async ({ expect }) => {
    const part = await finetune({ steps, cpuBudgetMs: 5 });
    const checkpoint = base64(part.body);
    const other = params.map((value) => value + 1);
    const changes: readonly [Partial<FinetuneRequest>, RegExp][] = [
      [{ optimizer: adam({ learningRate: 0.02 }) }, /another optimizer/],
      [{ layers: [2] }, /another choice of layers/],
      [{ rule: proxProp({ tau: 2 }) }, /another rule/],
      [{ seed: 4 }, /another seed/],
      [{ batchSize: 9 }, /another batchSize/],
      [{ params: base64(encodeParams(layout, other)) }, /another params/],
      [{ examples: { ...inline, inputScale: 2 } }, /another examples/],
      [{ steps: part.metrics.stepsTaken }, /steps behind it/],
    ];
    for (const [change, detail] of changes) {
      const body = { ...request, steps, checkpoint, ...change };
      expect(await calls.refusal("/v1/finetune", body)).toMatchObject({
        status: 400,
        detail: expect.stringMatching(new RegExp(`^checkpoint: .*${detail.source}`)),
      });
    }
  });
});
