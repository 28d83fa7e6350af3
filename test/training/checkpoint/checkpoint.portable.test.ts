import {
  adam,
  backprop,
  createTrainer,
  dense,
  proxProp,
  restoreTrainer,
  sequential,
  softmaxCrossEntropy,
  toDataset,
} from "edgeprop";
import type { Dataset, ModelSpec, ResumableTrainer, TrainerOptions } from "edgeprop";
import { decodeSafetensors, encodeSafetensors } from "edgeprop/safetensors";
import type { TensorFile } from "edgeprop/safetensors";
import { describe, it } from "vitest";
import { optimizers } from "../../support/specs.ts";

const model = sequential({ input: [6] }, [dense(9, { activation: "relu" }), dense(3)]);
const defaults: TrainerOptions = {
  loss: "softmaxCrossEntropy",
  rule: proxProp({ tau: 1 }),
  optimizer: adam({ learningRate: 0.02 }),
  batchSize: 8,
  seed: 4,
};

function create(options: Partial<TrainerOptions> = {}): Promise<ResumableTrainer> {
  return createTrainer(model, { ...defaults, ...options });
}

/** 45 examples of 3 classes; 6 steps an epoch, the last of them of 5 examples. */
function createExamples(): Dataset {
  return toDataset({
    inputs: Float32Array.from({ length: 45 * 6 }, (_, i) => Math.fround(((i * 37) % 64) / 64)),
    targets: Int32Array.from({ length: 45 }, (_, i) => i % 3),
    inputSize: 6,
  });
}

async function digest(bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
  return [...hash.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The file with another header or other tensors. */
function alter(bytes: Uint8Array, change: (file: TensorFile) => TensorFile): Uint8Array {
  return encodeSafetensors(change(decodeSafetensors(bytes)));
}

describe("a checkpoint", () => {
  const cases = optimizers.flatMap((optimizer) =>
    // Within an epoch, at its end, before anything.
    [7, 6, 0].flatMap((steps) => [undefined, [1]].map((trainable) => ({ optimizer, steps, trainable }))),
  );

  it.for(cases)(
    "after $steps steps of $optimizer.name, momentum $optimizer.momentum, layers $trainable, continues to the bytes of no interruption",
    async ({ optimizer, steps, trainable }, { expect }) => {
      const options = trainable === undefined ? { optimizer } : { optimizer, trainable };
      const [whole, first] = await Promise.all([create(options), create(options)]);
      if (steps > 0) await first.train(createExamples(), { maxSteps: steps });
      const second = await restoreTrainer(await first.checkpoint());
      expect(await second.checkpoint()).toEqual(await first.checkpoint());
      await second.train(createExamples(), { maxSteps: 9 });
      await whole.train(createExamples(), { maxSteps: steps + 9 });
      expect(await second.getParams()).toEqual(await whole.getParams());
      expect(await second.checkpoint()).toEqual(await whole.checkpoint());
      expect(await second.train(createExamples(), { epochs: 4 })).toEqual(
        await whole.train(createExamples(), { epochs: 4 }),
      );
    },
  );

  it("has these very bytes in every engine, so that one continues what another began", async ({ expect }) => {
    const trainer = await create();
    await trainer.train(createExamples(), { maxSteps: 7 });
    // Another value here means another format or other arithmetic: then it is to be replaced, knowingly.
    expect(await digest(await trainer.checkpoint())).toBe("32c2519b8c5c8452");
  });

  it("is a safetensors file with the params by name", async ({ expect }) => {
    const trainer = await create();
    const { tensors, metadata } = decodeSafetensors(await trainer.checkpoint());
    expect(Object.keys(tensors)).toEqual([
      "layers.0.weights",
      "layers.0.bias",
      "layers.1.weights",
      "layers.1.bias",
      "optimizer.moment1",
      "optimizer.moment2",
    ]);
    expect(metadata).toMatchObject({ format: "edgeprop-checkpoint", version: "1" });
    expect(JSON.parse(metadata["model"] ?? "")).toEqual(model);
  });

  it("may carry metadata of others", async ({ expect }) => {
    const trainer = await create();
    const bytes = alter(await trainer.checkpoint(), ({ tensors, metadata }) => ({
      tensors,
      metadata: { ...metadata, mine: "yes" },
    }));
    expect(await (await restoreTrainer(bytes)).getParams()).toEqual(await trainer.getParams());
  });

  it("may be asked to be of a model, and says where it is of another", async ({ expect }) => {
    const trainer = await create();
    const bytes = await trainer.checkpoint();
    // As JSON, with its keys in another order and a default left out.
    const [first, last] = model.layers;
    const same = { layers: [Object.fromEntries(Object.entries(first ?? {}).toReversed()), last], input: [6] };
    const restored = await restoreTrainer(bytes, { model: same as unknown as ModelSpec });
    expect(await restored.getParams()).toEqual(await trainer.getParams());

    const others: readonly [ModelSpec, RegExp][] = [
      [
        sequential({ input: [6] }, [dense(9, { activation: "relu" }), dense(4)]),
        /another model: layers\[1\].units is 3; expected 4/,
      ],
      [
        sequential({ input: [6] }, [dense(9, { activation: "tanh" }), dense(3)]),
        /layers\[0\].activation is "relu"; expected "tanh"/,
      ],
      [sequential({ input: [6] }, [dense(3)]), /layers\[0\].units is 9; expected 3/],
      [
        sequential({ input: [6] }, [dense(9, { activation: "relu" }), dense(3), dense(3)]),
        /layers\[2\] is missing; expected \{"type":"dense"/,
      ],
      [
        sequential({ input: [6] }, [dense(9, { activation: "relu", rule: backprop() }), dense(3)]),
        /layers\[0\].rule is missing; expected \{"name":"backprop"\}/,
      ],
      [
        sequential({ input: [5] }, [dense(9, { activation: "relu" }), dense(3)]),
        /input\[0\] is 6; expected 5/,
      ],
    ];
    for (const [other, message] of others) {
      await expect(restoreTrainer(bytes, { model: other })).rejects.toMatchObject({
        code: "bad-option",
        message: expect.stringMatching(message),
      });
    }
  });

  it("keeps the loss, whole, and reads one that is a name", async ({ expect }) => {
    const loss = softmaxCrossEntropy({ labelSmoothing: 0.1 });
    const trainer = await create({ loss });
    const bytes = await trainer.checkpoint();
    const options = (file: Uint8Array): Record<string, unknown> =>
      JSON.parse(decodeSafetensors(file).metadata["options"] ?? "") as Record<string, unknown>;
    expect(options(bytes)["loss"]).toEqual(loss);
    const named = alter(await (await create()).checkpoint(), ({ tensors, metadata }) => ({
      tensors,
      metadata: {
        ...metadata,
        options: JSON.stringify({ ...JSON.parse(metadata["options"] ?? ""), loss: "softmaxCrossEntropy" }),
      },
    }));
    expect(await (await restoreTrainer(named)).checkpoint()).toEqual(await (await create()).checkpoint());
  });

  const withMetadata =
    (changed: Record<string, string>) =>
    ({ tensors, metadata }: TensorFile): TensorFile => ({ tensors, metadata: { ...metadata, ...changed } });
  const broken: readonly [string, (file: TensorFile) => TensorFile, string, RegExp][] = [
    ["params alone", ({ tensors }) => ({ tensors, metadata: {} }), "bad-file", /format is undefined/],
    ["another format", withMetadata({ format: "other" }), "bad-file", /format is "other"; expected/],
    ["another version", withMetadata({ version: "2" }), "unsupported", /version "2"; expected "1"/],
    ["a model that is not JSON", withMetadata({ model: "{" }), "bad-file", /metadata model is not JSON/],
    ["another model", withMetadata({ model: '{"input":[6],"layers":[]}' }), "bad-file", /layers is \[\]/],
    [
      "a model larger than the file",
      withMetadata({
        model: '{"input":[6],"layers":[{"type":"dense","units":1e15},{"type":"dense","units":3}]}',
      }),
      "bad-file",
      /tensor "layers.0.weights" is F32 \[6, 9\]; expected F32 \[6, 1000000000000000\]/,
    ],
    ["no options", withMetadata({ options: "{}" }), "bad-file", /metadata options lacks seed/],
    [
      "no rule",
      withMetadata({
        options: JSON.stringify({ ...defaults, deterministic: true, trainable: [0], rule: undefined }),
      }),
      "bad-file",
      /model or options: rule is missing; expected an object/,
    ],
    [
      "a rule of another version",
      withMetadata({
        options: JSON.stringify({ ...defaults, deterministic: true, trainable: [0], rule: { name: "x" } }),
      }),
      "unsupported",
      /^the checkpoint's model or options: rule\.name is "x"; expected one of "backprop", "proxprop"$/,
    ],
    [
      "no cursor",
      withMetadata({ progress: "{}" }),
      "bad-file",
      /progress: cursor is missing; expected an object/,
    ],
    [
      "a cursor beyond the epoch",
      withMetadata({ progress: '{"stepsTaken":1,"cursor":{"epoch":0,"position":8,"numExamples":8}}' }),
      "bad-file",
      /progress: the position 8 is not that of a batch inside the epoch/,
    ],
    [
      "steps that are no number",
      withMetadata({ progress: '{"stepsTaken":"1","cursor":{"epoch":0,"position":0,"numExamples":0}}' }),
      "bad-file",
      /progress: stepsTaken is "1"; expected an integer of at least 0/,
    ],
    [
      "a tensor too few",
      ({ tensors, metadata }) => ({
        tensors: Object.fromEntries(Object.entries(tensors).filter(([name]) => name !== "layers.1.bias")),
        metadata,
      }),
      "bad-file",
      /tensor "layers.1.bias" is missing/,
    ],
    [
      "a tensor too many",
      ({ tensors, metadata }) => ({
        tensors: { ...tensors, extra: { dtype: "U8", shape: [1], bytes: Uint8Array.of(1) } },
        metadata,
      }),
      "bad-file",
      /tensor "extra" has no place/,
    ],
    [
      "state that is not finite",
      ({ tensors, metadata }) => ({
        tensors: {
          ...tensors,
          "optimizer.moment1": {
            dtype: "F32",
            shape: [93],
            bytes: new Uint8Array(new Float32Array(93).fill(Number.NaN).buffer),
          },
        },
        metadata,
      }),
      "non-finite",
      /value 0 of optimizer.moment1 is NaN/,
    ],
  ];
  it.for(broken)("with %s is refused", async ([, change, code, message], { expect }) => {
    const bytes = alter(await (await create()).checkpoint(), change);
    await expect(restoreTrainer(bytes)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it("that is cut off is refused", async ({ expect }) => {
    const bytes = await (await create()).checkpoint();
    for (const size of [0, 7, 100, bytes.length - 1])
      await expect(restoreTrainer(bytes.subarray(0, size))).rejects.toMatchObject({ code: "bad-file" });
  });
});
