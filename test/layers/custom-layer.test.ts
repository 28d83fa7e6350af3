import {
  adam,
  backprop,
  createTrainer,
  custom,
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
import type { CustomBackward, CustomForward, CustomLayer, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";
import { relativeError } from "../../../scripts/vector-case.ts";
import { customLayers, swish, swishLayer } from "../../support/layers.ts";
import { problemFor } from "../../support/problems.ts";

const model = sequential({ input: [5] }, [dense(6), swishLayer(), dense(3)]);
const problem = problemFor(model, { seed: 3, rows: 4, loss: "softmaxCrossEntropy" });
const options: TrainerOptions = {
  loss: "softmaxCrossEntropy",
  rule: proxProp({ tau: 1 }),
  optimizer: adam({ learningRate: 0.05 }),
  batchSize: 4,
  customLayers,
};

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

  it("sees views of its own values, whether it trains, and its settings", async ({ expect }) => {
    const seen: (CustomForward | CustomBackward)[] = [];
    const spy: CustomLayer = {
      forward: (context) => {
        seen.push({ ...context, inputs: context.inputs.slice() });
        context.outputs.fill(0.5);
      },
      backward: (context) => {
        seen.push({ ...context, outputGradient: context.outputGradient.slice() });
        context.direction["b"]?.fill(7);
      },
    };
    const spec = sequential({ input: [2] }, [
      custom({
        name: "spy",
        outputShape: [3, 1],
        params: [
          { name: "a", shape: [2, 2], init: "zeros" },
          { name: "b", shape: [1], init: "ones" },
        ],
        settings: { depth: 2 },
      }),
    ]);
    const trainer = await createTrainer(spec, {
      ...options,
      loss: "meanSquaredError",
      customLayers: { spy },
    });
    const inputs = Float32Array.of(1, 2, 3, 4);
    expect([...(await trainer.predict(inputs))]).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
    const { direction } = await trainer.direction({ inputs, targets: new Float32Array(6) });
    expect([...direction]).toEqual([0, 0, 0, 0, 7]);
    const [predicted, forward, backward] = seen;
    const common = { examples: 2, settings: { depth: 2 }, inputs };
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
    const broken: CustomLayer = {
      ...swish,
      backward: () => {
        throw new TypeError("mine");
      },
    };
    const trainer = await createTrainer(model, { ...options, customLayers: { swish: broken } });
    const before = await trainer.getParams();
    await expect(trainer.step(problem.batch)).rejects.toThrow("mine");
    expect(await trainer.getParams()).toEqual(before);
  });

  it("that gives NaN is named as a step that is not finite", async ({ expect }) => {
    const broken: CustomLayer = { ...swish, forward: ({ outputs }) => void outputs.fill(Number.NaN) };
    const trainer = await createTrainer(model, { ...options, customLayers: { swish: broken } });
    await expect(trainer.step(problem.batch)).rejects.toMatchObject({ code: "non-finite" });
  });

  it("is described, planned and kept in checkpoints without its code", async ({ expect }) => {
    expect(parseModelSpec(JSON.parse(JSON.stringify(model)))).toEqual(model);
    expect(paramsLayout(model)[2]).toEqual({ name: "layers.1.beta", shape: [1], offset: 36, length: 1 });
    expect(planMemory(model, options).totalBytes).toBeGreaterThan(0);
    const trainer = await createTrainer(model, options);
    await trainer.step(problem.batch);
    const bytes = await trainer.checkpoint();
    expect(decodeCheckpoint(bytes).model).toEqual(model);
    const restored = await restoreTrainer(bytes, { customLayers });
    await trainer.step(problem.batch);
    await restored.step(problem.batch);
    expect(await restored.checkpoint()).toEqual(await trainer.checkpoint());
  });

  it("is refused where its code is not given, by name and with what to do", async ({ expect }) => {
    const { customLayers: _, ...without } = options;
    const error = {
      code: "unsupported",
      message: expect.stringMatching(
        /^layers\[1\] is the custom layer "swish", whose code is not here; .* customLayers: \{ swish: \{ forward, backward \} \}/,
      ),
    };
    await expect(createTrainer(model, without)).rejects.toMatchObject(error);
    await expect(createTrainer(model, { ...without, customLayers: {} })).rejects.toMatchObject(error);
    const bytes = await (await createTrainer(model, options)).checkpoint();
    await expect(restoreTrainer(bytes)).rejects.toMatchObject(error);
    const inherited = sequential({ input: [5] }, [dense(5), custom({ name: "constructor" })]);
    await expect(createTrainer(inherited, options)).rejects.toMatchObject({ code: "unsupported" });
    await expect(
      createTrainer(model, { ...options, customLayers: { swish: {} as unknown as CustomLayer } }),
    ).rejects.toMatchObject({
      code: "bad-option",
      message: "customLayers.swish needs the functions forward and backward",
    });
  });

  it("without params of its own is not one to train", async ({ expect }) => {
    const spec = sequential({ input: [5] }, [custom({ name: "swish" })]);
    await expect(
      createTrainer(spec, { ...options, optimizer: sgd({ learningRate: 1 }) }),
    ).rejects.toMatchObject({ code: "bad-option", message: expect.stringMatching(/nothing to train/) });
  });
});
