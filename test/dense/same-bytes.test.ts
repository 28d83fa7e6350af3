import * as edgeprop from "edgeprop";
import { it } from "vitest";
import * as denseOnly from "../../src/dense/node.ts";

type Library = Pick<
  typeof edgeprop,
  "adam" | "backprop" | "createTrainer" | "dense" | "huber" | "proxProp" | "sequential" | "sgd" | "toDataset"
>;

async function train({ createTrainer, dense, sequential, adam, sgd, ...library }: Library) {
  const { proxProp, backprop, toDataset, huber } = library;
  const examples = { numExamples: 37, inputSize: 9 };
  const inputs = Float32Array.from({ length: 37 * 9 }, (_, index) => Math.sin(index));
  const classes = toDataset({
    ...examples,
    inputs,
    targets: Int32Array.from(inputs.subarray(0, 37), (x) => +(x > 0)),
  });
  const values = toDataset({ ...examples, inputs, targets: inputs.slice(0, 74) });
  const model = sequential({ input: [9] }, [dense(7, { activation: "gelu" }), dense(2)]);
  const runs = [
    {
      loss: "softmaxCrossEntropy" as const,
      rule: proxProp({ tau: 3 }),
      optimizer: sgd({ learningRate: 0.5 }),
      data: classes,
    },
    {
      loss: huber(),
      rule: proxProp({ tau: 1, proxSolver: "cg", cgIterations: 3 }),
      optimizer: adam(),
      data: values,
    },
    {
      loss: "softmaxCrossEntropy" as const,
      rule: backprop(),
      optimizer: adam({ weightDecay: 0.1 }),
      data: classes,
    },
  ];
  const results: unknown[] = [];
  for (const { data, ...options } of runs) {
    for (const deterministic of [true, false]) {
      const trainer = await createTrainer(model, { ...options, batchSize: 8, deterministic });
      await trainer.train(data, { epochs: 3 });
      results.push(await trainer.getParams(), await trainer.evaluate(data));
    }
  }
  return results;
}

it("edgeprop/dense computes the very bytes that edgeprop does", async ({ expect }) => {
  expect(await train(denseOnly)).toEqual(await train(edgeprop));
});

it("edgeprop/dense refuses other layers, and says what it has", ({ expect }) => {
  const model = { input: [8, 8, 1], layers: [{ type: "flatten" }, { type: "dense", units: 2 }] };
  expect(() => denseOnly.parseModelSpec(model)).toThrow(
    expect.objectContaining({
      code: "bad-option",
      message: `layers[0].type is "flatten"; expected one of "dense"`,
    }),
  );
});

it("edgeprop/dense restores the trainer of a checkpoint that edgeprop has written", async ({ expect }) => {
  const { adam, createTrainer, dense, proxProp, sequential, toDataset } = edgeprop;
  const data = toDataset({
    inputs: [
      [0, 1],
      [1, 0],
      [1, 1],
    ],
    targets: [0, 1, 1],
  });
  const model = sequential({ input: [2] }, [
    dense(3, { activation: "tanh", rule: proxProp({ tau: 2 }) }),
    dense(2),
  ]);
  const options = {
    loss: "softmaxCrossEntropy",
    rule: proxProp({ tau: 1 }),
    optimizer: adam(),
    batchSize: 2,
  };
  const trainer = await createTrainer(model, options);
  await trainer.train(data, { maxSteps: 1 });
  const restored = await denseOnly.restoreTrainer(await trainer.checkpoint());
  await trainer.train(data, { epochs: 2 });
  await restored.train(data, { epochs: 2 });
  expect(await restored.getParams()).toEqual(await trainer.getParams());
});
