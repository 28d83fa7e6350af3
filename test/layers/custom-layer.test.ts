import {
  adam,
  allSets,
  backprop,
  createTrainer,
  decodeCheckpoint,
  dense,
  paramsLayout,
  parseModelSpec,
  planMemory,
  proxProp,
  restoreTrainer,
  sequential,
  sgd,
} from "edgeprop";
import { customLayer } from "edgeprop/core";
import type { LayerBackward, LayerForward, LayerSpec, LayerType, Sets, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";
import { relativeError } from "../../scripts/vector-case.ts";
import { ownSets, swish, swishLayer } from "../support/layers.ts";
import { problemFor } from "../support/problems.ts";

const layers = [dense(6), swishLayer(), dense(3)];
const model = sequential({ input: [5], sets: ownSets }, layers);
const problem = problemFor(model, { seed: 3, rows: 4, loss: "softmaxCrossEntropy" });
const options: TrainerOptions = {
  loss: "softmaxCrossEntropy",
  rule: proxProp({ tau: 1 }),
  optimizer: adam({ learningRate: 0.05 }),
  batchSize: 4,
};

function setsWith(layer: LayerType): Sets {
  return { ...allSets, layers: { ...allSets.layers, [layer.type]: layer } };
}

describe("a layer of a user's own", () => {
  it("trains with the others, by backprop the gradient of finite differences", async ({ expect }) => {
    const trainer = await createTrainer(model, { ...options, rule: backprop() });
    const params = await trainer.getParams();
    const { direction } = await trainer.direction(problem.batch);
    const h = 2 ** -7;
    const differences: number[] = [];
    for (const i of params.keys()) {
      const lossAt = async (by: number) => {
        await trainer.setParams(params.with(i, (params[i] ?? 0) + by));
        return (await trainer.direction(problem.batch)).loss;
      };
      differences.push(((await lossAt(h)) - (await lossAt(-h))) / (2 * h));
    }
    // Float32 losses err by 6e-8 / h, central differences by h^2 times a third derivative below 1.
    expect(relativeError(direction, differences)).toBeLessThan(1e-3);
    await trainer.setParams(params);
    const first = (await trainer.step(problem.batch)).loss;
    for (let step = 0; step < 50; step++) await trainer.step(problem.batch);
    expect((await trainer.step(problem.batch)).loss).toBeLessThan(first / 2);
    expect((await trainer.getParams())[36]).not.toBe(1);
  });

  it("sees views of its own values, whether it trains, and its spec", async ({ expect }) => {
    const seen: (LayerForward | LayerBackward)[] = [];
    const spy = customLayer<LayerSpec & { readonly depth: number }>({
      type: "spy",
      parse(fields) {
        fields.allowOnly(["type", "depth"]);
        return { type: "spy", depth: fields.positiveInteger("depth", 2) };
      },
      form: () => ({
        outputShape: [3, 1],
        params: [
          { name: "a", shape: [2, 2], initial: { kind: "zeros" }, isTrained: true },
          { name: "b", shape: [1], initial: { kind: "ones" }, isTrained: true },
        ],
      }),
      forward(context) {
        seen.push({ ...context, inputs: context.inputs.slice() });
        context.outputs.fill(0.5);
      },
      backward(context) {
        seen.push({ ...context, outputGradient: context.outputGradient.slice() });
        context.direction["b"]?.fill(7);
      },
    });
    const spec = sequential({ input: [2], sets: setsWith(spy) }, [{ type: "spy" }]);
    const trainer = await createTrainer(spec, { ...options, loss: "meanSquaredError" });
    const inputs = Float32Array.of(1, 2, 3, 4);
    expect([...(await trainer.predict(inputs))]).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
    const { direction } = await trainer.direction({ inputs, targets: new Float32Array(6) });
    expect([...direction]).toEqual([0, 0, 0, 0, 7]);
    const [predicted, forward, backward] = seen;
    const common = { examples: 2, spec: { type: "spy", depth: 2 }, inputs };
    expect(predicted).toMatchObject({ ...common, isTraining: false });
    expect(forward).toMatchObject({ ...common, isTraining: true });
    expect([...(forward?.params["a"] ?? [])]).toEqual([0, 0, 0, 0]);
    expect([...(forward?.params["b"] ?? [])]).toEqual([1]);
    expect(forward?.outputs).toHaveLength(6);
    // dL/da = 2 a / columns / rows.
    const gradient = Float32Array.from({ length: 6 }, () => 1 / 6);
    expect(backward).toMatchObject({ isTraining: true, outputGradient: gradient, inputGradient: null });
  });

  it("may be frozen: then its direction does not count", async ({ expect }) => {
    const trainer = await createTrainer(model, { ...options, trainable: [0, 2] });
    const { direction } = await trainer.direction(problem.batch);
    expect(direction[36]).toBe(0);
    await trainer.step(problem.batch);
    expect((await trainer.getParams())[36]).toBe(1);
  });

  it("that throws fails the step and changes nothing", async ({ expect }) => {
    const broken = customLayer({
      ...swish.code,
      backward: () => {
        throw new TypeError("mine");
      },
    });
    const own = sequential({ input: [5], sets: setsWith(broken) }, layers);
    const trainer = await createTrainer(own, options);
    const before = await trainer.getParams();
    await expect(trainer.step(problem.batch)).rejects.toThrow("mine");
    expect(await trainer.getParams()).toEqual(before);
  });

  it("that gives NaN is named as a step that is not finite", async ({ expect }) => {
    const broken = customLayer({ ...swish.code, forward: ({ outputs }) => void outputs.fill(Number.NaN) });
    const own = sequential({ input: [5], sets: setsWith(broken) }, layers);
    const trainer = await createTrainer(own, options);
    await expect(trainer.step(problem.batch)).rejects.toMatchObject({ code: "non-finite" });
  });

  it("is described, planned and kept in checkpoints without its code", async ({ expect }) => {
    const json: unknown = JSON.parse(JSON.stringify(model));
    expect(json).toEqual({
      input: [5],
      layers: [
        { type: "dense", units: 6, activation: "linear" },
        { type: "swish" },
        { type: "dense", units: 3, activation: "linear" },
      ],
    });
    expect(parseModelSpec(json, { sets: ownSets })).toEqual(model);
    expect(paramsLayout(model)[2]).toEqual({ name: "layers.1.beta", shape: [1], offset: 36, length: 1 });
    expect(planMemory(model, options).totalBytes).toBeGreaterThan(0);
    const trainer = await createTrainer(model, options);
    await trainer.step(problem.batch);
    const bytes = await trainer.checkpoint();
    expect(decodeCheckpoint(bytes, { sets: ownSets }).model).toEqual(model);
    const restored = await restoreTrainer(bytes, { sets: ownSets });
    await trainer.step(problem.batch);
    await restored.step(problem.batch);
    expect(await restored.checkpoint()).toEqual(await trainer.checkpoint());
  });

  it("is refused where the sets lack it, by name and with what they have", async ({ expect }) => {
    const known = Object.keys(allSets.layers)
      .map((type) => `"${type}"`)
      .join(", ");
    const error = (code: string): unknown =>
      expect.objectContaining({
        code,
        message: expect.stringContaining(`layers[1].type is "swish"; expected one of ${known}`),
      });
    const json: unknown = JSON.parse(JSON.stringify(model));
    expect(() => parseModelSpec(json)).toThrow(error("bad-option"));
    expect(() => sequential({ input: [5] }, layers)).toThrow(error("bad-option"));
    const bytes = await (await createTrainer(model, options)).checkpoint();
    expect(() => decodeCheckpoint(bytes)).toThrow(error("bad-file"));
    await expect(restoreTrainer(bytes)).rejects.toThrow(error("bad-file"));
    // What every object has by birth is in no set.
    const inherited = { input: [5], layers: [{ type: "constructor" }] };
    expect(() => parseModelSpec(inherited, { sets: ownSets })).toThrow(
      expect.objectContaining({
        code: "bad-option",
        message: expect.stringMatching(/^layers\[0\]\.type is "constructor"/),
      }),
    );
  });

  it("says itself which fields it has", ({ expect }) => {
    expect(() =>
      sequential({ input: [5], sets: ownSets }, [{ type: "swish", beta: 2 } as LayerSpec]),
    ).toThrow(
      expect.objectContaining({
        code: "bad-option",
        message: 'layers[0].beta is not a known field; expected one of "type"',
      }),
    );
  });

  it("without params of its own is not one to train", async ({ expect }) => {
    const still = customLayer({
      ...swish.code,
      form: (_, { inputShape }) => ({ outputShape: inputShape, params: [] }),
    });
    const spec = sequential({ input: [5], sets: setsWith(still) }, [swishLayer()]);
    await expect(
      createTrainer(spec, { ...options, optimizer: sgd({ learningRate: 1 }) }),
    ).rejects.toMatchObject({ code: "bad-option", message: expect.stringMatching(/nothing to train/) });
  });
});
