import {
  adam,
  backprop,
  conv2d,
  createTrainer,
  decodeCheckpoint,
  dense,
  flatten,
  maxPool2d,
  planMemory,
  proxProp,
  restoreTrainer,
  sequential,
  sgd,
  toDataset,
} from "edgeprop";
import type { LayerSpec, Model, ModelSpec, RuleSpec, RuleType, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";
import { lars, larsRule } from "../../examples/custom-rule/lars.ts";
import { relativeError } from "../../scripts/vector-case.ts";
import { referenceDirection } from "../../src/reference/index.ts";
import { changedBackprop, setsWithRule } from "../support/own-rules.ts";
import { problemFor, toRows } from "../support/problems.ts";

const defaults: TrainerOptions = {
  loss: "softmaxCrossEntropy",
  rule: backprop(),
  optimizer: sgd({ learningRate: 0.1 }),
  batchSize: 9,
};

const units = [7, 6, 3];

/** An MLP, its layers with these rules of their own. */
function mlp(...rules: readonly (RuleSpec | undefined)[]): Model {
  return sequential(
    { input: [5] },
    units.map((count, i) => {
      const rule = rules[i];
      return dense(count, { activation: i < 2 ? "tanh" : "linear", ...(rule === undefined ? {} : { rule }) });
    }),
  );
}

/** The same MLP, whose sets have this rule too. */
function mlpKnowing(rule: RuleType): Model {
  return sequential({ input: [5], sets: setsWithRule(rule) }, mlp().layers);
}

async function directionOf(model: ModelSpec, options: Partial<TrainerOptions> = {}): Promise<Float32Array> {
  const problem = problemFor(model, { seed: 1, rows: 9, loss: "softmaxCrossEntropy" });
  const trainer = await createTrainer(model, { ...defaults, ...options });
  return (await trainer.direction(problem.batch)).direction;
}

describe("a layer's own rule", () => {
  const prox = proxProp({ tau: 2 });
  const cg = proxProp({ tau: 1, proxSolver: "cg", cgIterations: 2 });
  const cases: readonly [string, ModelSpec, RuleSpec][] = [
    ["prox in one layer of backprop", mlp(undefined, prox), backprop()],
    ["backprop in one layer of prox", mlp(backprop()), prox],
    ["prox in the last layer, whatever lastLayer says", mlp(undefined, undefined, prox), prox],
    [
      "conjugate gradients among exact steps",
      mlp(cg, undefined, proxProp({ tau: 5, reduction: "sum" })),
      prox,
    ],
    [
      "of convolutions",
      sequential({ input: [6, 6, 2] }, [
        conv2d(3, { kernelSize: 3, activation: "tanh", rule: prox }),
        maxPool2d(),
        conv2d(4, { kernelSize: 2, activation: "tanh", rule: cg }),
        flatten(),
        dense(3, { rule: prox }),
      ]),
      backprop(),
    ],
  ];
  it.for(cases)("agrees with the reference: %s", async ([, model, rule], { expect }) => {
    const problem = problemFor(model, { seed: 1, rows: 9, loss: "softmaxCrossEntropy" });
    const trainer = await createTrainer(model, { ...defaults, rule });
    const options = { loss: problem.loss, rule };
    const expected = referenceDirection(model, options, await trainer.getParams(), toRows(problem));
    // Float32's 6e-8, grown by tau up to 5 against A^T A.
    expect(
      relativeError((await trainer.direction(problem.batch)).direction, expected.direction),
    ).toBeLessThan(2e-5);
  });

  it("is what the memory plan follows", ({ expect }) => {
    const gram = (model: ModelSpec, rule: RuleSpec): number =>
      planMemory(model, { ...defaults, rule }).buffers.find(({ name }) => name === "gram")?.bytes ?? -1;
    expect(gram(mlp(backprop(), backprop()), prox)).toBe(0);
    expect(gram(mlp(undefined, undefined, prox), backprop())).toBeGreaterThan(0);
    const work = (model: ModelSpec): number =>
      planMemory(model, defaults).buffers.find(({ name }) => name === "work")?.bytes ?? -1;
    expect(work(mlp(prox))).toBe(0);
    expect(work(mlp(cg))).toBeGreaterThan(0);
  });

  it("is plain JSON of the spec, and of its checkpoint", async ({ expect }) => {
    const model = mlp(prox, undefined, cg);
    expect(model.layers.map((layer) => ("rule" in layer ? layer.rule : undefined))).toEqual([
      prox,
      undefined,
      cg,
    ]);
    const trainer = await createTrainer(model, defaults);
    expect((await restoreTrainer(await trainer.checkpoint())).model).toEqual(model);
  });

  const wrong: readonly [unknown, string, RegExp][] = [
    [{ name: "proxprop" }, "bad-option", /layers\[0\].rule.tau is missing; expected a finite number above 0/],
    [
      { name: "proxprop", tau: 1, cgIterations: 2 },
      "bad-option",
      /layers\[0\].rule.cgIterations is 2 beside proxSolver "exact"/,
    ],
    [{ name: "proxprop", tau: 1, step: 2 }, "bad-option", /layers\[0\].rule.step is not a known field/],
    [
      { name: "newton" },
      "unsupported",
      /layers\[0\].rule.name is "newton"; expected one of "backprop", "proxprop"/,
    ],
    ["backprop", "bad-option", /layers\[0\].rule is "backprop"; expected an object/],
    [{ direction() {} }, "bad-option", /layers\[0\].rule.name is missing; expected one of "backprop", /],
  ];
  it.for(wrong)("is parsed field by field: %j", ([rule, code, message], { expect }) => {
    let error: unknown;
    try {
      sequential({ input: [2] }, [dense(1, { rule: rule as RuleSpec })]);
    } catch (reason) {
      error = reason;
    }
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

const mine: RuleSpec = { name: "mine" };

describe("a rule of the user's", () => {
  it("that changes nothing is backprop, to the bit", async ({ expect }) => {
    const model = mlpKnowing(changedBackprop("mine", () => {}));
    expect(await directionOf(model, { rule: mine })).toEqual(await directionOf(mlp()));
  });

  it("sees every trained layer without a rule of its own, from the last one on, in these views", async ({
    expect,
  }) => {
    const seen: Record<string, unknown>[] = [];
    const copies: { direction: Float32Array; params: Float32Array; a: Float32Array; g: Float32Array }[] = [];
    const watching = changedBackprop("mine", (values, { layer, isLast, examples, matrix, side }) => {
      const { direction, params, inputs, outputGradient } = values;
      seen.push({
        index: layer.index,
        type: layer.spec.type,
        isLast,
        examples,
        rows: matrix?.rows,
        side,
        sizes: [direction, params, inputs, outputGradient].map(({ length }) => length),
      });
      copies.push({
        direction: direction.slice(),
        params: params.slice(),
        a: inputs.slice(),
        g: outputGradient.slice(),
      });
    });
    const model = sequential({ input: [6, 6, 2], sets: setsWithRule(watching) }, [
      conv2d(3, { kernelSize: 3, activation: "tanh" }),
      maxPool2d(),
      flatten(),
      dense(4, { activation: "tanh", rule: backprop() }),
      dense(3),
    ]);
    const problem = problemFor(model, { seed: 1, rows: 5, loss: "softmaxCrossEntropy" });
    const trainer = await createTrainer(model, { ...defaults, rule: mine });
    const params = await trainer.getParams();
    await trainer.direction(problem.batch);
    // The rows of A are planned for the full batch of 9: 16 positions of the convolution each.
    const common = { examples: 5, side: null };
    expect(seen).toEqual([
      { index: 4, type: "dense", isLast: true, rows: 9, ...common, sizes: [15, 15, 5 * 4, 5 * 3] },
      { index: 0, type: "conv2d", isLast: false, rows: 9 * 16, ...common, sizes: [57, 57, 5 * 72, 5 * 48] },
    ]);
    const [last, first] = copies;
    expect(last?.params).toEqual(params.slice(-15));
    expect(first?.params).toEqual(params.slice(0, 57));
    expect(first?.a).toEqual(problem.batch.inputs);
    // The direction it is given is A^T G with A = [inputs, 1].
    const { direction = [], a = [], g = [] } = last ?? {};
    const sums = Array.from({ length: 15 }, (_, k) =>
      Array.from({ length: 5 }, (__, row) => {
        const [i, j] = [Math.floor(k / 3), k % 3];
        return (i < 4 ? (a[row * 4 + i] ?? 0) : 1) * (g[row * 3 + j] ?? 0);
      }).reduce((x, y) => x + y, 0),
    );
    expect(relativeError(direction, sums)).toBeLessThan(1e-6);

    copies.length = 0;
    await (await createTrainer(model, { ...defaults, rule: mine, trainable: [4] })).direction(problem.batch);
    expect(copies).toHaveLength(1);
  });

  it("may be that of one layer", async ({ expect }) => {
    const doubling = changedBackprop("mine", ({ direction }) => {
      for (const [i, value] of direction.entries()) direction[i] = 2 * value;
    });
    const [first, ...others] = mlp().layers;
    const own = { ...first, rule: mine } as typeof first & LayerSpec;
    const model = sequential({ input: [5], sets: setsWithRule(doubling) }, [own, ...others]);
    const plain = await directionOf(mlp());
    const length = 5 * 7 + 7;
    expect(await directionOf(model)).toEqual(plain.map((value, i) => (i < length ? 2 * value : value)));
  });

  it("hands the optimizer what it leaves", async ({ expect }) => {
    const model = mlpKnowing(changedBackprop("mine", ({ direction }) => void direction.fill(0.25)));
    const trainer = await createTrainer(model, {
      ...defaults,
      optimizer: sgd({ learningRate: 2 }),
      rule: mine,
    });
    const before = await trainer.getParams();
    const { batch } = problemFor(model, { seed: 1, rows: 4, loss: "softmaxCrossEntropy" });
    await trainer.step(batch);
    expect(await trainer.getParams()).toEqual(before.map((value) => value - 0.5));
  });

  it("that throws, or leaves NaN, changes nothing", async ({ expect }) => {
    const { batch } = problemFor(mlp(), { seed: 1, rows: 4, loss: "softmaxCrossEntropy" });
    const failing = changedBackprop("mine", () => {
      throw new TypeError("mine");
    });
    const spoiling = changedBackprop("mine", ({ direction }, { layer }) => {
      if (layer.index === 1) direction[3] = Number.NaN;
    });
    for (const [rule, error] of [
      [failing, { message: "mine" }],
      [
        spoiling,
        {
          code: "non-finite",
          message: expect.stringMatching(
            /the direction of layers\[1\] \(dense\) is not finite in step 1; params/,
          ),
        },
      ],
    ] as const) {
      const trainer = await createTrainer(mlpKnowing(rule), { ...defaults, optimizer: adam(), rule: mine });
      const before = await trainer.checkpoint();
      await expect(trainer.step(batch)).rejects.toMatchObject(error);
      expect(await trainer.checkpoint()).toEqual(before);
    }
  });

  const wrong: readonly [unknown, string, RegExp][] = [
    [{ name: "lars" }, "bad-option", /^rule\.trust is missing; expected a finite number above 0/],
    [{ name: "lars", trust: 0 }, "bad-option", /^rule\.trust is 0; expected a finite number above 0/],
    [{ name: "lars", trust: 1, tau: 1 }, "bad-option", /^rule\.tau is not a known field/],
    [
      { name: "larz", trust: 1 },
      "unsupported",
      /^rule\.name is "larz"; expected one of "backprop", "proxprop", "lars"$/,
    ],
  ];
  it.for(wrong)(
    "is a name and its options, field by field: %j",
    async ([rule, code, message], { expect }) => {
      await expect(directionOf(mlpKnowing(larsRule), { rule: rule as RuleSpec })).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    },
  );

  it("comes back from its checkpoint by its name, with its options", async ({ expect }) => {
    const dataset = toDataset({
      inputs: Float32Array.from({ length: 100 }, (_, i) => Math.sin(i)),
      targets: Int32Array.from({ length: 20 }, (_, i) => i % 3),
      inputSize: 5,
    });
    const rule = lars({ trust: 0.1, weightDecay: 0 });
    const create = () => createTrainer(mlpKnowing(larsRule), { ...defaults, rule });
    const [whole, first] = await Promise.all([create(), create()]);
    await first.train(dataset, { maxSteps: 4 });
    const bytes = await first.checkpoint();
    const sets = setsWithRule(larsRule);
    expect(decodeCheckpoint(bytes, { sets }).options.learning.rule.spec).toEqual(rule);
    const second = await restoreTrainer(bytes, { sets });
    await second.train(dataset, { maxSteps: 3 });
    await whole.train(dataset, { maxSteps: 7 });
    expect(await second.checkpoint()).toEqual(await whole.checkpoint());

    for (const lacking of [{}, { sets: setsWithRule(changedBackprop("mine", () => {})) }])
      await expect(restoreTrainer(bytes, lacking)).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringMatching(/rule\.name is "lars"; expected one of "backprop", "proxprop"/),
      });
  });
});

describe("the example's LARS", () => {
  it("is its formula, layer by layer", async ({ expect }) => {
    const options = { trust: 0.03, weightDecay: 0.2 };
    const layers: { direction: Float32Array; params: Float32Array }[] = [];
    const plain = changedBackprop("mine", ({ direction, params }) => {
      layers.push({ direction: direction.slice(), params: params.slice() });
    });
    await directionOf(mlpKnowing(plain), { rule: mine });
    const expected = layers.toReversed().flatMap(({ direction, params }) => {
      const [g, w] = [Math.hypot(...direction), Math.hypot(...params)];
      const rate = (options.trust * w) / (g + options.weightDecay * w);
      return [...direction].map((value, i) => rate * (value + options.weightDecay * (params[i] ?? 0)));
    });
    const found = await directionOf(mlpKnowing(larsRule), { rule: lars(options) });
    // One rounding to float32.
    expect(relativeError(found, expected)).toBeLessThan(1e-7);
  });

  it("leaves a layer of zeros where it is", async ({ expect }) => {
    const model = mlpKnowing(larsRule);
    const params = new Float32Array(model.numParams);
    const options = { rule: lars({ trust: 1, weightDecay: 0 }), params };
    expect((await directionOf(model, options)).every((value) => value === 0)).toBe(true);
  });
});
