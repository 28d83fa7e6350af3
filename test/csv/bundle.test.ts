import { join } from "node:path";
import { build } from "esbuild";
import { it } from "vitest";
import { packageRoot } from "../../src/cli/package-root.ts";

/** The files that end up in a program that imports `names` from a source file of the library. */
async function bundled(file: string, names: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: {
      contents: `import { ${names} } from "./src/${file}"; console.log(${names});`,
      resolveDir: packageRoot,
    },
    absWorkingDir: packageRoot,
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
    outdir: join(packageRoot, "dist"),
    loader: { ".wasm": "file" },
    metafile: true,
  });
  const [output] = Object.values(metafile.outputs).filter(({ entryPoint }) => entryPoint !== undefined);
  return Object.entries(output?.inputs ?? {}).flatMap(([path, { bytesInOutput }]) =>
    bytesInOutput > 0 ? [path] : [],
  );
}

it.for(["browser.ts", "workerd.ts"])(
  "a program of the core (%s) brings no package along",
  async (entry, { expect }) => {
    const files = await bundled(entry, "createTrainer, toDataset, parseIdx");
    expect(files).toContain("src/training/trainer/create-trainer.ts");
    expect(files.filter((file) => file.includes("node_modules") || file.includes("csv"))).toEqual([]);
  },
);

it("a program that reads CSV brings the parser, and no trainer", async ({ expect }) => {
  const files = await bundled("csv/index.ts", "parseCsv");
  expect(files.filter((file) => file.includes("node_modules"))).toEqual([
    "node_modules/csv-parse/dist/esm/sync.js",
  ]);
  expect(files.filter((file) => file.startsWith("src/training"))).toEqual([]);
});
