import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { allSets } from "edgeprop/core";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, it } from "vitest";
import webpack from "webpack";
import { packageRoot } from "../../src/cli/package-root.ts";

/*
 * The package as it is published, in the bundlers that people have: what a program names through edgeprop/core is all
 * that its bundle holds. Activations and losses are called by name, so that all of edgeprop's may be there.
 */

const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "edgeprop-bundlers-"));
  const installed = join(folder, "node_modules/edgeprop");
  await mkdir(join(installed, "dist/wasm"), { recursive: true });
  const outDir = join(installed, "dist");
  await run(process.execPath, [
    join(packageRoot, "node_modules/typescript/bin/tsc"),
    "-p",
    join(packageRoot, "tsconfig.build.json"),
    "--outDir",
    outDir,
  ]);
  await cp(join(packageRoot, "src/wasm"), join(outDir, "wasm"), {
    recursive: true,
    filter: (path) => !path.endsWith(".ts"),
  });
  await cp(join(packageRoot, "package.json"), join(installed, "package.json"));
  for (const name of await readdir(join(packageRoot, "node_modules"))) {
    if (!name.startsWith("."))
      await symlink(join(packageRoot, "node_modules", name), join(folder, "node_modules", name));
  }
});
afterAll(async () => rm(folder, { recursive: true }));

/** Each bundler with the settings that it recommends for what is served. */
const bundlers: Record<string, (entry: string) => Promise<string>> = {
  async esbuild(entry) {
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      format: "esm",
      minify: true,
      write: false,
    });
    return outputFiles[0]?.text ?? "";
  },

  async webpack(entry) {
    const output = { path: join(folder, "webpack"), filename: "bundle.js" };
    await new Promise<void>((resolve, reject) => {
      webpack({ mode: "production", context: folder, entry, output }, (error, stats) => {
        if (error !== null) reject(error);
        else if (stats?.hasErrors() === true) reject(new Error(stats.toString({ colors: false })));
        else resolve();
      });
    });
    return readFile(join(output.path, output.filename), "utf8");
  },
};

async function bundled(bundler: string, program: string): Promise<string> {
  const entry = join(folder, "program.mjs");
  await writeFile(entry, program);
  const code = await bundlers[bundler]?.(entry);
  return code ?? "";
}

/** What a spec calls each layer, optimizer, rule and schedule of edgeprop. */
const names = [allSets.layers, allSets.optimizers, allSets.rules, allSets.schedules].flatMap((set) =>
  Object.keys(set),
);

/** The objects that the code holds: each has its name in it as a string. */
function objectsIn(code: string): string[] {
  return names.filter((name) => ['"', "'", "`"].some((quote) => code.includes(`${quote}${name}${quote}`)));
}

const programs = [
  {
    named: ["dense", "dropout", "backprop", "sgd"],
    program: `
      import { backprop, createTrainer, dense, dropout, sequential, sgd } from "edgeprop/core";
      const model = sequential({ input: [4] }, [dense(8, { activation: "relu" }), dropout(0.5), dense(2)]);
      const options = { loss: "softmaxCrossEntropy", rule: backprop(), optimizer: sgd({ learningRate: 1 }), batchSize: 4 };
      globalThis.trainer = createTrainer(model, options);`,
  },
  {
    // A last layer that is "explicit" takes the plain gradient: ProxProp has backprop in it.
    named: ["conv2d", "globalAvgPool2d", "proxprop", "backprop", "adam", "cosine"],
    program: `
      import { adam, conv2d, cosineSchedule, createTrainer, globalAvgPool2d, proxProp, sequential } from "edgeprop/core";
      const model = sequential({ input: [8, 8, 1] }, [conv2d(2, { kernelSize: 3 }), globalAvgPool2d()]);
      const options = { loss: "softmaxCrossEntropy", rule: proxProp({ tau: 1 }), optimizer: adam({ learningRate: 1 }), batchSize: 4 };
      globalThis.trainer = createTrainer(model, { ...options, schedule: cosineSchedule({ totalSteps: 10 }) });`,
  },
];

describe.for(Object.keys(bundlers))("%s", (bundler) => {
  it.for(programs)(
    "a bundle that names $named holds no other object",
    async ({ named, program }, { expect }) => {
      expect(objectsIn(await bundled(bundler, program)).toSorted()).toEqual(named.toSorted());
    },
  );

  it("a bundle of everything holds them all", async ({ expect }) => {
    const code = await bundled(
      bundler,
      `import * as edgeprop from "edgeprop"; globalThis.edgeprop = edgeprop;`,
    );
    expect(objectsIn(code)).toEqual(names);
  });
});
