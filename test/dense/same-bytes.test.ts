import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as edgeprop from "edgeprop";
import { build } from "esbuild";
import { it } from "vitest";
import { denseOnly } from "../../scripts/build-dense.ts";
import { packageRoot } from "../../src/cli/package-root.ts";

/** edgeprop/dense as the package has it, in a folder of its own. */
async function withDenseBuild(use: (dense: typeof edgeprop) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "edgeprop-dense-"));
  try {
    await mkdir(join(folder, "wasm"));
    for (const name of ["dense-simd.wasm", "dense-relaxed-simd.wasm"])
      await copyFile(join(packageRoot, "src/wasm", name), join(folder, "wasm", name));
    const outfile = join(folder, "dense/node.mjs");
    const entryPoints = [join(packageRoot, "src/node.ts")];
    await build({
      entryPoints,
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      plugins: [denseOnly],
    });
    await use((await import(pathToFileURL(outfile).href)) as typeof edgeprop);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function train({ createTrainer, dense, sequential, adam, sgd, ...library }: typeof edgeprop) {
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
  await withDenseBuild(async (dense) => expect(await train(dense)).toEqual(await train(edgeprop)));
});

it("edgeprop/dense refuses other layers, and says where they are", async ({ expect }) => {
  await withDenseBuild(async (dense) => {
    const model = { input: [8, 8, 1], layers: [edgeprop.flatten(), edgeprop.dense(2)] };
    expect(() => dense.parseModelSpec(model)).toThrow(
      expect.objectContaining({
        code: "unsupported",
        message: `layers[0] is a flatten layer; edgeprop/dense has dense layers alone, import from "edgeprop" instead`,
      }),
    );
  });
});
