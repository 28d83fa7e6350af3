import {
  adagrad,
  adam,
  adamw,
  backprop,
  createTrainer,
  dense,
  momentum,
  nesterov,
  proxProp,
  restoreTrainer,
  rmsprop,
  sequential,
  sgd,
  toDataset,
} from "edgeprop";
import type { Batch, KnownOptimizer, ResumableTrainer, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";

const model = sequential({ input: [3] }, [
  dense(4, { activation: "relu" }),
  dense(3, { activation: "relu" }),
  dense(2),
]);
const numParams = 16 + 15 + 8;
const defaults: TrainerOptions = {
  loss: "meanSquaredError",
  rule: backprop(),
  optimizer: sgd({ learningRate: 0.1 }),
  batchSize: 2,
};
const good: Batch = { inputs: Float32Array.of(1, 2, 3, -1, 0.5, 2), targets: Float32Array.of(1, 0, 0, 1) };

/** Every unit is alive on `good`, and gradients are about as large as the outputs. */
function create(options: Partial<TrainerOptions> = {}, scale = 0.3): Promise<ResumableTrainer> {
  return createTrainer(model, { ...defaults, params: new Float32Array(numParams).fill(scale), ...options });
}

describe("numbers that are not finite", () => {
  it("in the loss name the step, the layer, the example and what to do, and change nothing", async ({
    expect,
  }) => {
    const trainer = await create(
      { rule: proxProp({ tau: 2 }), optimizer: adam({ learningRate: 0.01 }) },
      0.4,
    );
    await trainer.step(good);
    const before = await trainer.checkpoint();
    // Below 3e38 after the first layer, four times 0.4 of that after the second.
    const huge = { ...good, inputs: Float32Array.of(1, 2, 3, 3e38, 3e38, 1e38) };
    await expect(trainer.step(huge)).rejects.toMatchObject({
      code: "non-finite",
      message:
        "the loss is Infinity in step 2; layers[1] (dense) is the first layer whose activations are not finite: Infinity for example 1 of the batch; params and optimizer state are those of before it; lower learningRate (0.01) or tau (2), or scale the inputs",
    });
    expect(await trainer.checkpoint()).toEqual(before);
    await expect(trainer.direction(huge)).rejects.toMatchObject({ code: "non-finite" });
    await expect(trainer.step(good)).resolves.toHaveProperty("loss");
  });

  it("in the direction name the layer", async ({ expect }) => {
    const trainer = await create({ optimizer: momentum({ learningRate: 0.1 }) });
    await trainer.step(good);
    const before = await trainer.checkpoint();
    // The loss is about 1e76, within float64; the first layer's gradient is 1e38 times its inputs.
    const far = { inputs: Float32Array.of(1e8, 1e8, 1e8, 0, 0, 0), targets: Float32Array.of(-3e38, 0, 0, 0) };
    await expect(trainer.step(far)).rejects.toMatchObject({
      code: "non-finite",
      message: expect.stringMatching(
        /^the direction of layers\[\d\] \(dense\) is not finite in step 2; params and/,
      ),
    });
    expect(await trainer.checkpoint()).toEqual(before);
  });

  it("in bytes that their scale makes too large name the value, and change nothing", async ({ expect }) => {
    // A saturated layer hides them: its outputs are finite, its gradient 0, and A^T G is infinity times 0.
    const saturated = sequential({ input: [3] }, [dense(4, { activation: "tanh" }), dense(2)]);
    const trainer = await createTrainer(saturated, { ...defaults, seed: 1 });
    const before = await trainer.checkpoint();
    const { targets } = good;
    const large = { inputs: Uint8Array.of(255, 0, 0, 255, 0, 0), inputScale: 1e37, targets };
    await expect(trainer.step(large)).rejects.toMatchObject({
      code: "non-finite",
      message: "input value 0 of example 0 is Infinity; expected finite numbers",
    });
    expect(await trainer.checkpoint()).toEqual(before);
    await expect(trainer.predict(large.inputs, { inputScale: 1e37 })).rejects.toMatchObject({
      code: "non-finite",
    });
    // What the scale could make too large, but does not, is trained on.
    const fitting = { inputs: Uint8Array.of(1, 1, 1, 1, 2, 1), inputScale: 1e37, targets };
    await expect(trainer.step(fitting)).resolves.toHaveProperty("loss");
  });

  it("in a dataset leave the cursor where it is", async ({ expect }) => {
    const trainer = await create({ optimizer: sgd({ learningRate: 1e-6 }) }, 0.35);
    const dataset = toDataset({
      inputs: new Float32Array(18).fill(1),
      targets: new Float32Array(12),
      inputSize: 3,
    });
    await trainer.train(dataset, { maxSteps: 2 });
    const before = await trainer.checkpoint();
    const bad = { ...dataset, inputs: dataset.inputs.map(() => 3e38) };
    await expect(trainer.train(bad, { epochs: 1 })).rejects.toMatchObject({
      message: expect.stringMatching(/in step 3; layers\[1\]/),
    });
    expect(await trainer.checkpoint()).toEqual(before);
    await expect(trainer.train(dataset, { epochs: 1 })).resolves.toMatchObject({ steps: 1, isDone: true });
  });
});

describe("a step that would overflow", () => {
  const optimizers: readonly [string, KnownOptimizer, number][] = [
    ["params, by the learning rate", sgd({ learningRate: 1e30 }), 1e10],
    ["params, by a learning rate beyond float32", sgd({ learningRate: 1e300 }), 1],
    ["params, by weight decay", sgd({ learningRate: 1, weightDecay: 1e300 }), 1],
    ["params, by momentum", momentum({ learningRate: 1e30 }), 1e10],
    ["params, by Nesterov's momentum", nesterov({ learningRate: 1e30 }), 1e10],
    ["Adam's second moment, whose params would stay", adam(), 1e25],
    ["AdamW's second moment", adamw(), 1e25],
    ["AdamW's params, by decay", adamw({ learningRate: 1e30, weightDecay: 1e30 }), 1],
    ["RMSProp's squares", rmsprop(), 1e25],
    ["Adagrad's squares", adagrad(), 1e25],
  ];
  it.for(optimizers)("is undone to the byte: %s", async ([, optimizer, size], { expect }) => {
    const trainer = await create({ optimizer });
    const large = { ...good, targets: Float32Array.of(-size, size, size, -size) };
    const before = { params: await trainer.getParams(), checkpoint: await trainer.checkpoint() };
    await expect(trainer.step(large)).rejects.toMatchObject({
      code: "non-finite",
      message: expect.stringMatching(
        /^a param of layers\[\d\] \(dense\), or what the optimizer keeps of it, would overflow in step 1; params and optimizer state are those of before it; lower learningRate/,
      ),
    });
    expect(await trainer.getParams()).toEqual(before.params);
    expect(await trainer.checkpoint()).toEqual(before.checkpoint);
  });

  it("is undone where zero would be divided by an epsilon that is zero in float32", async ({ expect }) => {
    const trainer = await create({ optimizer: rmsprop({ epsilon: 1e-60 }) });
    const before = await trainer.checkpoint();
    // Without weight there is no direction.
    await expect(trainer.step({ ...good, weights: new Float32Array(2) })).rejects.toMatchObject({
      code: "non-finite",
    });
    expect(await trainer.checkpoint()).toEqual(before);
  });

  it("leaves a training that goes on as if it had not been", async ({ expect }) => {
    const optimizer = adam({ learningRate: 0.05 });
    const [undone, plain] = await Promise.all([create({ optimizer }), create({ optimizer })]);
    for (const trainer of [undone, plain]) await trainer.step(good);
    const large = { ...good, targets: Float32Array.of(1e25, 0, 0, 0) };
    await expect(undone.step(large)).rejects.toMatchObject({ code: "non-finite" });
    for (const trainer of [undone, plain]) await trainer.step(good);
    expect(await undone.checkpoint()).toEqual(await plain.checkpoint());
  });

  it("is not one that only might: what is finite is kept", async ({ expect }) => {
    // Adagrad divides by epsilon at most, which alone would be far beyond float32.
    const optimizer = adagrad({ learningRate: 1e-3, epsilon: 1e-40 });
    const trainer = await create({ optimizer });
    const before = await trainer.getParams();
    for (let step = 0; step < 3; step++) await trainer.step(good);
    const moved = await trainer.getDelta(before);
    expect(Math.max(...moved.map(Math.abs))).toBeGreaterThan(1e-3);
    expect(Math.max(...moved.map(Math.abs))).toBeLessThan(4e-3);
  });

  it("is found after params or a state were set from outside", async ({ expect }) => {
    const trainer = await create({ optimizer: sgd({ learningRate: 1, weightDecay: 4 }) });
    await trainer.step(good);
    // Dead units: the loss stays finite, only the decay moves them, by four times their size.
    const params = new Float32Array(numParams).fill(-3e38, 0, 16);
    await trainer.setParams(params);
    const before = await trainer.checkpoint();
    const batch = { inputs: new Float32Array(6).fill(0), targets: new Float32Array(4) };
    await expect(trainer.step(batch)).rejects.toMatchObject({
      message: expect.stringMatching(/a param of layers\[0\] .* would overflow in step 2/),
    });
    expect(await trainer.checkpoint()).toEqual(before);
    const restored = await restoreTrainer(before);
    await expect(restored.step(batch)).rejects.toMatchObject({ code: "non-finite" });
    expect(await restored.checkpoint()).toEqual(before);
  });

  it("ends every divergence in finite params, whatever the optimizer", async ({ expect }) => {
    const wild: readonly KnownOptimizer[] = [
      sgd({ learningRate: 1e30 }),
      momentum({ learningRate: 1e12 }),
      nesterov({ learningRate: 1e6 }),
      adam({ learningRate: 1e37 }),
      adamw({ learningRate: 1e20, weightDecay: 1e15 }),
      rmsprop({ learningRate: 1e38 }),
      adagrad({ learningRate: 1e38 }),
    ];
    for (const optimizer of wild) {
      const trainer = await create({ optimizer });
      let before = await trainer.checkpoint();
      let error: unknown;
      for (let step = 0; step < 50 && error === undefined; step++) {
        before = await trainer.checkpoint();
        error = await trainer.step(good).then(
          () => undefined,
          (reason: unknown) => reason,
        );
      }
      // Where all units have died, a step changes nothing any more: that is an end too.
      if (error !== undefined) expect(error).toMatchObject({ code: "non-finite" });
      else before = await trainer.checkpoint();
      expect(await trainer.checkpoint()).toEqual(before);
      expect((await trainer.getParams()).every(Number.isFinite), JSON.stringify(optimizer)).toBe(true);
    }
  });
});
