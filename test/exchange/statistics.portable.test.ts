import {
  adam,
  backprop,
  batchNorm,
  conv2d,
  createRandom,
  createTrainer,
  dense,
  dropout,
  flatten,
  layerNorm,
  loadKernels,
  proxProp,
  selectExamples,
  sequential,
  sgd,
  toDataset,
} from "edgeprop";
import type { Dataset, LayerSpec, Loss, Model, RuleSpec } from "edgeprop";
import { collectStatistics, createDirectionOptimizer, createStatisticsSolver } from "edgeprop/exchange";
import type { OptimizerStep } from "edgeprop/exchange";
import { describe, it } from "vitest";
import { largestDifference } from "../support/kernels.ts";
import { ownSets, swishLayer } from "../support/layers.ts";
import { createProblem } from "../support/problems.ts";
import { optimizers } from "../support/specs.ts";

const kernels = loadKernels();
const rows = 37;

function createBatch(loss: Loss, activation: "relu" | "tanh" | "gelu" = "relu") {
  const { model, batch } = createProblem({ seed: 4, rows, sizes: [13, 9, 6, 4], activation, loss });
  const dataset = toDataset({ inputs: batch.inputs, targets: batch.targets, inputSize: 13 });
  return { model, batch, dataset };
}

/** The direction of the whole batch from statistics of its parts, added in the given order. */
async function directionOfParts(
  model: Model,
  parts: readonly Dataset[],
  options: { loss: Loss; rule: RuleSpec; params: Float32Array },
) {
  const solver = createStatisticsSolver(kernels, model, options.rule);
  solver.clear();
  for (const dataset of parts) solver.add(collectStatistics(kernels, model, { ...options, dataset }).sums);
  return solver.solve(rows);
}

/** Uneven parts of all rows, in a seeded order. */
function cut(dataset: Dataset, clients: number): Dataset[] {
  const random = createRandom("cut", clients);
  const bounds = [
    0,
    ...Array.from({ length: clients - 1 }, () => 1 + random.below(rows - 1)).toSorted((a, b) => a - b),
    rows,
  ];
  const parts = bounds.slice(1).map((end, index) => {
    const begin = bounds[index] ?? 0;
    return selectExamples(
      dataset,
      Array.from({ length: end - begin }, (_, offset) => begin + offset),
    );
  });
  const filled = parts.filter(({ numExamples }) => numExamples > 0);
  random.shuffle(filled);
  return filled;
}

const rules = [
  ["backprop", backprop()],
  ["proxprop mean", proxProp({ tau: 2 })],
  ["proxprop sum", proxProp({ tau: 0.1, reduction: "sum" })],
  ["proxprop by conjugate gradients", proxProp({ tau: 2, proxSolver: "cg", cgIterations: 2 })],
  ["proxprop with its last layer", proxProp({ tau: 5, lastLayer: "prox" })],
] as const;

describe("the exact step of a batch that is spread over machines", () => {
  it.for(rules)("is the step of one machine with the whole batch: %s", async ([, rule], { expect }) => {
    for (const [loss, activation] of [
      ["softmaxCrossEntropy", "tanh"],
      ["meanSquaredError", "gelu"],
    ] as const) {
      const { model, batch, dataset } = createBatch(loss, activation);
      const trainer = await createTrainer(model, {
        loss,
        rule,
        optimizer: sgd({ learningRate: 1 }),
        batchSize: rows,
        seed: 3,
      });
      const params = await trainer.getParams();
      const { direction } = await trainer.direction(batch);
      const spread = await directionOfParts(model, cut(dataset, 5), { loss, rule, params });
      // The trainer rounds to float32 in its products, the statistics to 2^-32 an example.
      const largest = Math.max(...direction.map(Math.abs));
      expect(largestDifference(spread, direction) / largest).toBeLessThan(1e-5);
    }
  });

  it("follows rules of single layers", async ({ expect }) => {
    const { model, batch, dataset } = createBatch("softmaxCrossEntropy", "tanh");
    const own = [proxProp({ tau: 1, reduction: "sum" }), backprop(), proxProp({ tau: 3 })];
    const mixed = sequential(
      { input: model.input },
      model.layers.map((layer, i): LayerSpec & { readonly rule: RuleSpec } => ({
        ...layer,
        rule: own[i] ?? backprop(),
      })),
    );
    const options = { loss: "softmaxCrossEntropy" as const, rule: proxProp({ tau: 2 }) };
    const trainer = await createTrainer(mixed, {
      ...options,
      optimizer: sgd({ learningRate: 1 }),
      batchSize: rows,
    });
    const params = await trainer.getParams();
    const { direction } = await trainer.direction(batch);
    const spread = await directionOfParts(mixed, cut(dataset, 5), { ...options, params });
    const largest = Math.max(...direction.map(Math.abs));
    expect(largestDifference(spread, direction) / largest).toBeLessThan(1e-5);
  });

  it("refuses weights", ({ expect }) => {
    const { model, dataset } = createBatch("softmaxCrossEntropy");
    const weighted = { ...dataset, weights: new Float32Array(rows).fill(1) };
    const params = new Float32Array(13 * 9 + 9 + 9 * 6 + 6 + 6 * 4 + 4);
    const options = { loss: "softmaxCrossEntropy" as const, rule: backprop(), params };
    expect(() => collectStatistics(kernels, model, { ...options, dataset: weighted })).toThrow(
      expect.objectContaining({ code: "unsupported", message: expect.stringMatching(/dataset has weights/) }),
    );
  });

  it.for([1, 2, 5, 8])(
    "is the same bytes over %i clients with uneven shards in any order",
    async (clients, { expect }) => {
      const { model, dataset } = createBatch("softmaxCrossEntropy");
      const options = { loss: "softmaxCrossEntropy" as const, rule: proxProp({ tau: 2 }) };
      const trainer = await createTrainer(model, {
        ...options,
        optimizer: sgd({ learningRate: 1 }),
        batchSize: 8,
        seed: 3,
      });
      const params = await trainer.getParams();
      const whole = await directionOfParts(model, [dataset], { ...options, params });
      const spread = await directionOfParts(model, cut(dataset, clients), { ...options, params });
      expect(spread).toEqual(whole);
    },
  );

  it.for([batchNorm(), layerNorm(), dropout(0.5), swishLayer()])(
    "refuses a layer of type $type, whose effect is no sum over examples of one alike",
    (layer, { expect }) => {
      const model = sequential({ input: [3], sets: ownSets }, [dense(4), layer, dense(2)]);
      expect(() => createStatisticsSolver(kernels, model, proxProp({ tau: 1 }))).toThrow(
        expect.objectContaining({
          code: "unsupported",
          message: expect.stringMatching(
            /^layers\[1\] is a .* layer; the exchange "statistics" is for dense layers/,
          ),
        }),
      );
    },
  );

  it("passes over layers without params, and refuses convolutions", async ({ expect }) => {
    const { model, dataset } = createBatch("softmaxCrossEntropy");
    const options = { loss: "softmaxCrossEntropy" as const, rule: proxProp({ tau: 2 }) };
    const flat = sequential(
      { input: [13] },
      model.layers.flatMap((layer) => [flatten(), layer]),
    );
    const trainer = await createTrainer(model, {
      ...options,
      optimizer: sgd({ learningRate: 1 }),
      batchSize: 8,
    });
    const params = await trainer.getParams();
    expect(await directionOfParts(flat, [dataset], { ...options, params })).toEqual(
      await directionOfParts(model, [dataset], { ...options, params }),
    );
    const image = sequential({ input: [2, 2, 1] }, [conv2d(1, { kernelSize: 2 }), flatten(), dense(2)]);
    expect(() => createStatisticsSolver(kernels, image, options.rule)).toThrow(
      expect.objectContaining({
        code: "unsupported",
        message: expect.stringMatching(/^layers\[0\] is a conv2d layer; .* take "direction"/),
      }),
    );
  });

  it("refuses activations whose sums would not fit", async ({ expect }) => {
    const { model, dataset } = createBatch("softmaxCrossEntropy");
    const huge = { ...dataset, inputs: dataset.inputs.map((value) => 1e5 * value) as Float32Array };
    const params = new Float32Array(13 * 9 + 9 + 9 * 6 + 6 + 6 * 4 + 4);
    expect(() =>
      collectStatistics(kernels, model, {
        dataset: huge,
        loss: "softmaxCrossEntropy",
        rule: backprop(),
        params,
      }),
    ).toThrow(/does not fit a sum/);
  });
});

describe("an optimizer outside a trainer", () => {
  it.for(optimizers)(
    "takes the trainer's very steps: $name, momentum $momentum",
    async (optimizer, { expect }) => {
      const { model, batch } = createBatch("softmaxCrossEntropy");
      const options = {
        loss: "softmaxCrossEntropy" as const,
        rule: proxProp({ tau: 1 }),
        optimizer,
        batchSize: rows,
        seed: 3,
      };
      const [trainer, probe] = [await createTrainer(model, options), await createTrainer(model, options)];
      const apart = createDirectionOptimizer(kernels, model, optimizer);
      let state: OptimizerStep = { params: await trainer.getParams(), state: new Float32Array() };
      for (let step = 1; step <= 4; step++) {
        await probe.setParams(state.params);
        state = apart.apply(state, (await probe.direction(batch)).direction, step);
        await trainer.step(batch);
      }
      expect(state.params).toEqual(await trainer.getParams());
    },
  );

  it("refuses a step after which params or state would not be finite", ({ expect }) => {
    const line = sequential({ input: [1] }, [dense(1)]);
    const before = { params: Float32Array.of(1, 1), state: new Float32Array() };
    for (const [optimizer, size] of [
      [sgd({ learningRate: 1e10 }), 1e30],
      [adam(), 1e25],
    ] as const) {
      const apart = createDirectionOptimizer(kernels, line, optimizer);
      expect(() => apart.apply(before, Float32Array.of(0, size), 1)).toThrow(
        expect.objectContaining({ code: "non-finite", message: expect.stringMatching(/after step 1/) }),
      );
    }
  });
});
