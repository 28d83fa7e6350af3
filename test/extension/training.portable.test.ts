import { createTrainer, parseModelSpec, restoreTrainer } from "edgeprop";
import { decodeSafetensors, toFloat32 } from "edgeprop/safetensors";
import { describe, it } from "vitest";
import { createExamples, json, model, options } from "./program.ts";
import { sets } from "./sets.ts";

/** The first bytes of the SHA-256 of the values. */
async function digestOf(values: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", values));
  return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

describe("a model of parts of a user's own", () => {
  it("learns, here and elsewhere to the same bytes", async ({ expect }) => {
    const examples = createExamples();
    const trainer = await createTrainer(model, options);
    const before = await trainer.evaluate(examples);
    await trainer.train(examples, { epochs: 60 });
    const after = await trainer.evaluate(examples);
    expect(after.loss).toBeLessThan(before.loss / 2);
    expect(after.accuracy).toBeGreaterThan(0.8);
    // Node and workerd find the same: every part computes by operations that round alike everywhere.
    expect(await digestOf((await trainer.getParams()).slice())).toBe("963039316e884bb9");
  });

  it("is read from JSON with its sets, and trains to the same bytes", async ({ expect }) => {
    const read = parseModelSpec(json, { sets });
    expect(read).toEqual(model);
    const trainers = await Promise.all([model, read].map((each) => createTrainer(each, options)));
    for (const trainer of trainers) await trainer.train(createExamples(), { maxSteps: 10 });
    const [first, second] = await Promise.all(trainers.map((trainer) => trainer.checkpoint()));
    expect(second).toEqual(first);
  });

  it.for([{}, { trainable: [0, 1, 3] }, { trainable: [1, 2] }])(
    "goes on from a checkpoint to the same bytes as in one go: %o",
    async (frozen, { expect }) => {
      const examples = createExamples();
      const given = { ...options, ...frozen };
      const [whole, parted] = await Promise.all([1, 2].map(() => createTrainer(model, given)));
      if (whole === undefined || parted === undefined) throw new Error("no trainer");
      await parted.train(examples, { maxSteps: 3 });
      const bytes = await parted.checkpoint();
      const restored = await restoreTrainer(bytes, { sets });
      expect(await restored.checkpoint()).toEqual(bytes);
      await restored.train(examples, { maxSteps: 7 });
      await whole.train(examples, { maxSteps: 10 });
      expect(await restored.checkpoint()).toEqual(await whole.checkpoint());
      expect(await restored.evaluate(examples)).toEqual(await whole.evaluate(examples));
    },
  );

  it("is refused by a reader without its sets, by the first name that is missing", async ({ expect }) => {
    const trainer = await createTrainer(model, options);
    const bytes = await trainer.checkpoint();
    await expect(restoreTrainer(bytes)).rejects.toMatchObject({
      message: expect.stringContaining('is "squareplus"; expected one of "linear", "relu"'),
    });
    expect(() => parseModelSpec(json)).toThrow(
      'layers[0].activation is "squareplus"; expected one of "linear"',
    );
    for (const [kind, name] of [
      ["layers", "softClip"],
      ["losses", "robustScores"],
      ["rules", "foof"],
      ["optimizers", "adamax"],
    ] as const) {
      const { [name]: _, ...others } = sets[kind];
      await expect(restoreTrainer(bytes, { sets: { ...sets, [kind]: others } })).rejects.toMatchObject({
        message: expect.stringContaining(`is "${name}"; expected one of `),
      });
    }
  });
});

describe("a checkpoint of the rule", () => {
  it("has the running average of every linear layer that trains, and none of a frozen one", async ({
    expect,
  }) => {
    const averagesOf = async (trainable?: number[]) => {
      const given = trainable === undefined ? options : { ...options, trainable };
      const trainer = await createTrainer(model, given);
      await trainer.train(createExamples(), { maxSteps: 2 });
      const { tensors } = decodeSafetensors(await trainer.checkpoint());
      return Object.fromEntries(
        Object.entries(tensors)
          .filter(([name]) => name.includes(".rule."))
          .map(([name, tensor]) => [name, toFloat32(tensor)]),
      );
    };
    const all = await averagesOf();
    expect(Object.entries(all).map(([name, { length }]) => [name, length])).toEqual([
      ["layers.0.rule.average", 36],
      ["layers.2.rule.average", 49],
      ["layers.3.rule.average", 25],
    ]);
    // Two steps from zeros: 1 - 0.8^2 of the average of ones.
    for (const average of Object.values(all)) expect(average.at(-1)).toBeCloseTo(0.36, 6);
    const some = await averagesOf([2, 3]);
    expect(Object.keys(some)).toEqual(["layers.2.rule.average", "layers.3.rule.average"]);
  });
});
