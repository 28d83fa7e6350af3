import {
  adamw,
  backprop,
  batchNorm,
  createTrainer,
  dense,
  globalAvgPool2d,
  planMemory,
  conv2d,
  proxProp,
  restoreTrainer,
  sequential,
  sgd,
} from "edgeprop";
import type { KnownOptimizer, ModelSpec, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";
import { relativeError } from "../../scripts/vector-case.ts";
import { referenceDirection, referenceUpdate } from "../../src/reference/index.ts";
import { describeModel } from "../support/model.ts";
import { changedBackprop, setsWithRule } from "../support/own-rules.ts";
import { problemFor, toRows } from "../support/problems.ts";

const layers = [batchNorm({ momentum: 0.25 }), dense(2)];
const model = sequential({ input: [3] }, layers);
const options: TrainerOptions = {
  loss: "meanSquaredError",
  rule: backprop(),
  optimizer: sgd({ learningRate: 0.1, weightDecay: 0.5 }),
  batchSize: 8,
};

/** A param of layer `index` by its name. */
function paramOf(spec: ModelSpec, params: Float32Array, name: string): number[] {
  const place = describeModel(spec)
    .flatMap((layer) => layer.params)
    .find((param) => param.name === name);
  if (place === undefined) throw new RangeError(name);
  return [...params.subarray(place.offset, place.offset + place.length)];
}

const inputs = Float32Array.from([1, 2, 3, 3, 2, 5, 5, 2, 10, 7, 6, 2]);
const batch = { inputs, targets: new Float32Array(8) };
/** Of the columns of `inputs`, the unbiased variance. */
const moments = [0, 1, 2].map((column) => {
  const values = [...inputs].filter((_, i) => i % 3 === column);
  const mean = values.reduce((sum, value) => sum + value, 0) / 4;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3 };
});

describe("batchNorm", () => {
  it("begins with mean 0 and variance 1, and moves them by momentum with each step", async ({ expect }) => {
    const trainer = await createTrainer(model, options);
    const at = async (name: string) => paramOf(model, await trainer.getParams(), `layers.0.${name}`);
    expect(await at("runningMean")).toEqual([0, 0, 0]);
    expect(await at("runningVariance")).toEqual([1, 1, 1]);
    expect(await at("gamma")).toEqual([1, 1, 1]);
    expect(await at("beta")).toEqual([0, 0, 0]);
    await trainer.step(batch);
    await trainer.step(batch);
    const twice = (start: number, value: number) => value + 0.75 ** 2 * (start - value);
    const means = moments.map(({ mean }) => twice(0, mean));
    const variances = moments.map(({ variance }) => twice(1, variance));
    expect(relativeError(await at("runningMean"), means)).toBeLessThan(1e-6);
    expect(relativeError(await at("runningVariance"), variances)).toBeLessThan(1e-6);
  });

  it("evaluates and predicts by what it has seen, not by the batch", async ({ expect }) => {
    const trainer = await createTrainer(model, options);
    await trainer.step(batch);
    const params = await trainer.getParams();
    const at = (name: string) => paramOf(model, params, name);
    const [gamma, beta, mean, variance] = ["gamma", "beta", "runningMean", "runningVariance"].map((name) =>
      at(`layers.0.${name}`),
    );
    const [weights, bias] = [at("layers.1.weights"), at("layers.1.bias")];
    const a = [0, 1, 2].map((i) => {
      const xHat = ((inputs[i] ?? 0) - (mean?.[i] ?? 0)) / Math.sqrt((variance?.[i] ?? 0) + 1e-5);
      return xHat * (gamma?.[i] ?? 0) + (beta?.[i] ?? 0);
    });
    const expected = [0, 1].map((j) =>
      a.reduce((sum, value, i) => sum + value * (weights[2 * i + j] ?? 0), bias[j] ?? 0),
    );
    const all = await trainer.predict(inputs);
    expect(relativeError([...all].slice(0, 2), expected)).toBeLessThan(1e-6);
    expect([...(await trainer.predict(inputs.subarray(0, 3)))]).toEqual([...all].slice(0, 2));
    expect(await trainer.getParams()).toEqual(params);
  });

  it("changes nothing in direction(), nor in a step that fails", async ({ expect }) => {
    const trainer = await createTrainer(model, options);
    await trainer.step(batch);
    const before = await trainer.getParams();
    const { direction } = await trainer.direction(batch);
    expect(await trainer.getParams()).toEqual(before);
    for (const name of ["runningMean", "runningVariance"])
      expect(paramOf(model, direction, `layers.0.${name}`)).toEqual([0, 0, 0]);
    // The outputs would be finite: it is the variance that float32 cannot hold.
    const huge = inputs.map((value) => value * 1e20);
    await expect(trainer.step({ ...batch, inputs: huge })).rejects.toMatchObject({
      code: "non-finite",
      message: expect.stringMatching(/mean or variance in layers\[0\] is not finite in step 2/),
    });
    expect(await trainer.getParams()).toEqual(before);
    const overflowing = before.map((value, i) => (i < 12 ? value : 3e38));
    await trainer.setParams(overflowing);
    await expect(trainer.step(batch)).rejects.toMatchObject({ code: "non-finite" });
    expect(await trainer.getParams()).toEqual(overflowing);
    await trainer.setParams(before);
    await trainer.step(batch);
    expect(await trainer.getParams()).not.toEqual(before);
  });

  it("gives beta for a single row, moves the running mean and keeps the running variance", async ({
    expect,
  }) => {
    const trainer = await createTrainer(sequential({ input: [3] }, [batchNorm({ momentum: 0.25 })]), options);
    const one = { inputs: inputs.subarray(0, 3), targets: new Float32Array(3) };
    const { outputs, direction } = await trainer.direction(one);
    expect([...outputs]).toEqual([0, 0, 0]);
    expect([...direction]).toEqual(Array.from({ length: 12 }, () => 0));
    await trainer.step(one);
    const params = [...(await trainer.getParams())];
    expect(params.slice(6)).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
  });

  it("has as many rows as examples and positions together", async ({ expect }) => {
    const spec = sequential({ input: [2, 1, 3] }, [batchNorm({ momentum: 1 }), globalAvgPool2d()]);
    const trainer = await createTrainer(spec, options);
    await trainer.step({ inputs, targets: new Float32Array(6) });
    const params = await trainer.getParams();
    expect(
      relativeError(
        paramOf(spec, params, "layers.0.runningVariance"),
        moments.map(({ variance }) => variance),
      ),
    ).toBeLessThan(1e-6);
  });

  it("takes its running moments and keeps all of its params when frozen, in training too", async ({
    expect,
  }) => {
    const spec = sequential({ input: [4, 4, 2] }, [
      conv2d(3, { kernelSize: 2, activation: "tanh" }),
      batchNorm({ epsilon: 0.1 }),
      globalAvgPool2d(),
      dense(3),
    ]);
    const problem = problemFor(spec, { seed: 4, rows: 5, loss: "softmaxCrossEntropy" });
    const first = await createTrainer(spec, { ...options, loss: problem.loss });
    for (let step = 0; step < 3; step++) await first.step(problem.batch);
    const params = await first.getParams();
    for (const trainable of [[3], [0, 3]]) {
      const rule = proxProp({ tau: 1 });
      const frozen = await createTrainer(spec, {
        ...options,
        loss: problem.loss,
        rule,
        trainable,
        params,
      });
      const expected = referenceDirection(
        spec,
        { loss: problem.loss, rule, trainable },
        params,
        toRows(problem),
      );
      const trains = describeModel(spec).flatMap(({ index, params: own }) =>
        own.flatMap(({ length }) => Array.from({ length }, () => trainable.includes(index))),
      );
      const { direction, loss } = await frozen.direction(problem.batch);
      // Float32's 6e-8 through four layers, as in convolutions.test.ts.
      expect(
        relativeError(
          direction,
          expected.direction.map((value, i) => (trains[i] === true ? value : 0)),
        ),
      ).toBeLessThan(2e-4);
      expect(Math.abs(loss - (await frozen.evaluate(toDatasetOf(problem))).loss)).toBeLessThan(1e-6);
      await frozen.step(problem.batch);
      const after = await frozen.getParams();
      for (const name of ["gamma", "beta", "runningMean", "runningVariance"])
        expect(paramOf(spec, after, `layers.1.${name}`)).toEqual(paramOf(spec, params, `layers.1.${name}`));
    }
  });

  const optimizers: readonly KnownOptimizer[] = [
    sgd({ learningRate: 0.05, weightDecay: 0.1 }),
    adamw({ learningRate: 0.01, epsilon: 1e-3, weightDecay: 0.5 }),
  ];
  it.for(optimizers)(
    "takes the reference's steps, its statistics out of $name's reach",
    async (optimizer, { expect }) => {
      const spec = sequential({ input: [4] }, [
        dense(5, { activation: "tanh" }),
        batchNorm({ epsilon: 0.1, momentum: 0 }),
        dense(3),
      ]);
      const problem = problemFor(spec, { seed: 4, rows: 6, loss: "softmaxCrossEntropy" });
      const rule = proxProp({ tau: 1 });
      const trainer = await createTrainer(spec, { ...options, loss: problem.loss, rule, optimizer });
      let state = {
        params: [...(await trainer.getParams())] as readonly number[],
        steps: 0,
        moments: [] as readonly (readonly number[])[],
      };
      const isTrained = describeModel(spec).flatMap(({ params }) =>
        params.flatMap((param) => Array.from({ length: param.length }, () => param.isTrained)),
      );
      for (let step = 0; step < 10; step++) {
        await trainer.step(problem.batch);
        const { direction } = referenceDirection(
          spec,
          { loss: problem.loss, rule },
          state.params,
          toRows(problem),
        );
        const next = referenceUpdate(optimizer, state, direction);
        // Weight decay would move them.
        state = {
          ...next,
          params: next.params.map((value, i) => (isTrained[i] === true ? value : (state.params[i] ?? 0))),
        };
      }
      // Ten steps, each adding a few roundings of 6e-8.
      expect(relativeError(await trainer.getParams(), state.params)).toBeLessThan(1e-5);
    },
  );

  it("shows a user's own rule gamma and beta, and nothing of what no rule trains", async ({ expect }) => {
    const seen: number[][] = [];
    const doubling = changedBackprop("doubling", ({ direction, params }, { layer: { index } }) => {
      seen.push([index, direction.length, params.length]);
      for (const [i, value] of direction.entries()) direction[i] = 2 * value;
    });
    const own = sequential({ input: [3], sets: setsWithRule(doubling) }, layers);
    const trainer = await createTrainer(own, { ...options, rule: { name: "doubling" } });
    const { direction } = await trainer.direction(batch);
    expect(seen).toEqual([
      [1, 8, 8],
      [0, 6, 6],
    ]);
    const plain = (await (await createTrainer(model, options)).direction(batch)).direction;
    expect([...direction]).toEqual([...plain].map((value) => 2 * value));
  });

  it("plans for its moments, and gelu for its preactivations, no other layer", async ({ expect }) => {
    const spec = sequential({ input: [3, 2, 4] }, [
      batchNorm(),
      conv2d(5, { kernelSize: 2, activation: "gelu" }),
      conv2d(5, { kernelSize: 1, activation: "relu" }),
    ]);
    const { buffers } = planMemory(spec, { ...options, batchSize: 7 });
    const own = buffers.filter(({ name }) => /moments|preactivations/.test(name));
    expect(own.map(({ name, bytes }) => [name, bytes])).toEqual([
      // Mean, inverse, variance and two sums of 4 channels; 7 x 2 x 1 positions of 5 filters.
      ["layers.0.moments", 4 * 5 * 4],
      ["layers.1.preactivations", 4 * 7 * 2 * 5],
    ]);
  });

  it("goes on from a checkpoint to the same bytes, running statistics included", async ({ expect }) => {
    const trainer = await createTrainer(model, options);
    await trainer.step(batch);
    const restored = await restoreTrainer(await trainer.checkpoint());
    await trainer.step(batch);
    await restored.step(batch);
    expect(await restored.checkpoint()).toEqual(await trainer.checkpoint());
    const delta = await trainer.getDelta(new Float32Array(trainer.numParams));
    expect(delta).toEqual(await trainer.getParams());
  });

  it("alone is something to train", async ({ expect }) => {
    const spec = sequential({ input: [3] }, [batchNorm()]);
    expect((await createTrainer(spec, options)).numParams).toBe(12);
    await expect(createTrainer(spec, { ...options, trainable: [1] })).rejects.toMatchObject({
      code: "bad-option",
      message: "trainable has 1; expected indices of layers with params: 0",
    });
  });
});

function toDatasetOf({ batch: { inputs: values, targets }, rows }: ReturnType<typeof problemFor>) {
  return { numExamples: rows, inputSize: values.length / rows, inputs: values, inputScale: 1, targets };
}
