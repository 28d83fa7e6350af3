import {
  adam,
  backprop,
  cosineSchedule,
  createTrainer,
  dense,
  proxProp,
  sequential,
  sgd,
  softmaxCrossEntropy,
  toDataset,
} from "edgeprop";
import type { ModelSpec, TrainerOptions } from "edgeprop";
import { createTfjsTrainer } from "edgeprop/tfjs";
import { describe, it } from "vitest";
import { relativeError } from "../../scripts/vector-case.ts";
import { useTfjsBackend, waves } from "../support/tfjs.ts";

const model = sequential({ input: [4] }, [dense(5, { activation: "tanh" }), dense(3)]);
const defaults: TrainerOptions = {
  loss: "softmaxCrossEntropy",
  rule: backprop(),
  optimizer: sgd({ learningRate: 0.3 }),
  batchSize: 6,
};
const examples = toDataset({
  inputs: waves(4 * 15),
  targets: Int32Array.from({ length: 15 }, (_, i) => i % 3),
  inputSize: 4,
});
const weighted = { ...examples, weights: Float32Array.from({ length: 15 }, (_, i) => (i % 4) / 2) };
const rows = Float32Array.from({ length: 45 }, (_, i) => ((i * 7) % 11) / 11);

describe("the trainer on tfjs trains as the one on wasm", () => {
  useTfjsBackend("cpu");

  const own = sequential({ input: [4] }, [
    dense(5, { activation: "tanh" }),
    dense(3, { rule: proxProp({ tau: 2 }) }),
  ]);
  const cases: readonly [string, ModelSpec, Partial<TrainerOptions>, typeof examples][] = [
    ["with weights", model, {}, weighted],
    ["with class weights", model, { classWeights: [1, 0, 3] }, weighted],
    [
      "with class weights and label smoothing",
      model,
      { classWeights: [1, 0.5, 3], loss: softmaxCrossEntropy({ labelSmoothing: 0.2 }) },
      examples,
    ],
    [
      "on probabilities",
      model,
      { loss: softmaxCrossEntropy({ targets: "probabilities" }) },
      { ...weighted, targets: rows },
    ],
    ["on values, by huber", model, { loss: { name: "huber", delta: 0.3 } }, { ...weighted, targets: rows }],
    [
      "by a schedule",
      model,
      { schedule: cosineSchedule({ steps: 6, warmupSteps: 2 }), optimizer: adam({ learningRate: 0.05 }) },
      examples,
    ],
    ["with a layer's own rule", own, {}, examples],
  ];
  it.for(cases)("%s", async ([, spec, options, dataset], { expect }) => {
    const trainers = [
      await createTrainer(spec, { ...defaults, ...options }),
      await createTfjsTrainer(spec, { ...defaults, ...options }),
    ] as const;
    const [wasm, tfjs] = await Promise.all(
      trainers.map(async (trainer) => ({
        before: await trainer.evaluate(dataset),
        trained: await trainer.train(dataset, { epochs: 4 }),
        params: await trainer.getParams(),
      })),
    );
    if (wasm === undefined || tfjs === undefined) return;
    // Twelve steps of float32 on either side.
    expect(relativeError(tfjs.params, wasm.params)).toBeLessThan(2e-5);
    expect(tfjs.before.accuracy).toBe(wasm.before.accuracy);
    expect(tfjs.trained.weightSum).toBe(wasm.trained.weightSum);
    expect(Math.abs(tfjs.before.loss - wasm.before.loss)).toBeLessThan(1e-5);
    expect(Math.abs(tfjs.trained.lossSum - wasm.trained.lossSum)).toBeLessThan(1e-4 * wasm.trained.lossSum);
  });

  it("and gives zeros where no example has weight", async ({ expect }) => {
    const trainer = await createTfjsTrainer(model, defaults);
    const batch = { inputs: waves(8), targets: Int32Array.of(0, 1), weights: new Float32Array(2) };
    const { loss, direction } = await trainer.direction(batch);
    expect(loss).toBe(0);
    expect(direction.every((value) => value === 0)).toBe(true);
  });

  it("and keeps its state where Adam's second moment would overflow", async ({ expect }) => {
    const trainer = await createTfjsTrainer(model, {
      ...defaults,
      loss: "meanSquaredError",
      optimizer: adam(),
    });
    const batch = { inputs: waves(8), targets: new Float32Array(6).fill(1e25) };
    const before = await trainer.getParams();
    await expect(trainer.step(batch)).rejects.toMatchObject({ code: "non-finite" });
    expect(await trainer.getParams()).toEqual(before);
  });
});
