import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { packageRoot } from "../../src/cli/package-root.ts";
import { examplesOf, findExamples, freeNames, promisedOutput } from "../support/pages/doc-examples.ts";
import type { DocExample } from "../support/pages/doc-examples.ts";

/** What an example may use without declaring it. */
const prelude: Readonly<Record<string, string>> = {
  dataset: `const dataset = toDataset({ inputs: [[0, 1], [1, 0], [1, 1], [0, 0]], targets: [1, 0, 1, 0] });`,
  model: `const model = sequential({ input: [2] }, [dense(4, { activation: "relu" }), dense(2)]);`,
  trainer: `const trainer = await createTrainer(model, { loss: "softmaxCrossEntropy", rule: proxProp({ tau: 1 }), optimizer: sgd({ learningRate: 1 }), batchSize: 2 });`,
};

interface Entry {
  /** As a program imports it: "edgeprop/csv". */
  readonly specifier: string;
  /** From the package's root: "src/csv/index.ts". */
  readonly source: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

const examples = findExamples();
let entries: readonly Entry[];
let folder: string;
let programs: readonly string[];

beforeAll(async () => {
  entries = await loadEntries();
  // Within the package, so that the compiler and Node find its node_modules.
  mkdirSync(join(packageRoot, ".build"), { recursive: true });
  folder = mkdtempSync(join(packageRoot, ".build/examples-"));
  programs = await Promise.all(examples.map(toProgram));
  for (const [index, program] of programs.entries())
    writeFileSync(join(folder, `example-${index}.ts`), program);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** The entries that package.json names and that are sources as they stand. */
async function loadEntries(): Promise<Entry[]> {
  const { exports } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
    exports: Record<string, string | { default: string | { default: string } }>;
  };
  const found: Entry[] = [];
  for (const [path, target] of Object.entries(exports)) {
    if (typeof target === "string") continue;
    const built = typeof target.default === "string" ? target.default : target.default.default;
    const source = built.replace("./dist/", "src/").replace(/\.js$/, ".ts");
    if (!existsSync(join(packageRoot, source))) continue;
    const names = (await import(join(packageRoot, source))) as Record<string, unknown>;
    found.push({ specifier: path.replace(".", "edgeprop"), source, exports: names });
  }
  return found;
}

/** What a file exports; nothing for an entry of another platform, whose wasm Node cannot import. */
async function exportsOf(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (/\/(workerd|browser)\.ts$/.test(file)) return {};
  return (await import(join(packageRoot, file))) as Record<string, unknown>;
}

/** The example as a module in `folder`: with imports of what it uses, from the sources. */
async function toProgram({ file, code }: DocExample): Promise<string> {
  const source = (path: string) => JSON.stringify(`../../${path}`);
  const own = await exportsOf(file);
  // Entries have functions of the same names: an example of edgeprop/dense is of edgeprop/dense.
  const isOwn = (entry: Entry) => entry.source !== "src/node.ts" && dirname(entry.source) === dirname(file);
  const ordered = [...entries.filter(isOwn), ...entries];
  let body = code.replaceAll(/from "(edgeprop[^"]*)"/g, (whole, specifier: string) => {
    const entry = entries.find((candidate) => candidate.specifier === specifier);
    return entry === undefined ? whole : `from ${source(entry.source)}`;
  });
  for (const name of ["trainer", "model", "dataset"])
    if (freeNames(body).includes(name)) body = `${prelude[name] ?? ""}\n${body}`;
  const imports = freeNames(body).flatMap((name) => {
    const entry = ordered.find(({ exports }) => name in exports);
    if (entry !== undefined) return [`import { ${name} } from ${source(entry.source)};\n`];
    return name in own ? [`import { ${name} } from ${source(file)};\n`] : [];
  });
  return `${imports.join("")}${body}\nexport {};\n`;
}

/** Imports the examples one after the other and prints, as JSON, what each has printed or thrown. */
const runner = `
import { format } from "node:util";
const results = {};
const print = console.log;
for (const index of process.argv.slice(2)) {
  const lines = [];
  console.log = (...args) => lines.push(format(...args));
  try {
    await import(\`./example-\${index}.ts\`);
    results[index] = { lines };
  } catch (error) {
    results[index] = { lines, error: String(error?.stack ?? error) };
  }
}
print(JSON.stringify(results));
`;

describe("the examples of doc comments", () => {
  it("compile", { timeout: 60_000 }, ({ expect }) => {
    const config = { extends: "../../tsconfig.json", include: ["*.ts", "../../src/wasm.d.ts"], exclude: [] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(packageRoot, "node_modules/.bin/tsc");
    const { stdout } = spawnSync(tsc, ["-p", folder, "--pretty", "false"], { encoding: "utf8" });
    // Which example is meant, beside what the compiler says about its program.
    const errors = stdout.replaceAll(/^.*example-(\d+)\.ts/gm, (whole, index: string) => {
      const example = examples[Number(index)];
      return `${example?.file}:${example?.line} (${whole})`;
    });
    expect(errors).toBe("");
  });

  it("run, and print what they say", { timeout: 60_000 }, ({ expect }) => {
    writeFileSync(join(folder, "runner.mjs"), runner);
    const run = [...examples.entries()].filter(([, { isRun }]) => isRun).map(([index]) => String(index));
    const output = execFileSync(process.execPath, ["runner.mjs", ...run], { cwd: folder, encoding: "utf8" });
    const results = JSON.parse(output) as Record<string, { lines: string[]; error?: string }>;
    const wrong = run.flatMap((index) => {
      const { file = "", line = 0, code = "" } = examples[Number(index)] ?? {};
      const { lines = [], error } = results[index] ?? {};
      const promised = promisedOutput(code);
      if (error === undefined && promised.length === 0) return [];
      const printed = lines.map((text) => text.replaceAll(/\s+/g, " "));
      if (error === undefined && JSON.stringify(printed) === JSON.stringify(promised)) return [];
      return [{ example: `${file}:${line}`, promised, printed, error }];
    });
    expect(wrong).toEqual([]);
  });

  it("stand in a fence where they have more than one line", ({ expect }) => {
    const open = examples.filter(({ code, isFenced }) => !isFenced && code.trimEnd().includes("\n"));
    expect(open.map(({ file, line }) => `${file}:${line}`)).toEqual([]);
  });

  it("are there for every public function", ({ expect }) => {
    const named = new Set(examples.map(({ name }) => name));
    const missing = entries
      .flatMap(({ exports }) => Object.entries(exports))
      .filter(([name, value]) => typeof value === "function" && !named.has(name) && name !== "EdgepropError")
      .flatMap(([name]) => declarationOf(name) ?? name);
    expect([...new Set(missing)]).toEqual([]);
  });
});

/** "src/data/split.ts: splitDataset"; browsers' entries and kernels have functions of the same names. */
function declarationOf(name: string): string | undefined {
  const declaration = new RegExp(`^export (async )?(function\\*?|const) ${name}\\b`, "m");
  const files = globSync("src/**/*.ts", { cwd: packageRoot }).filter(
    (file) => !/^src\/(kernels\/|dense\/|browser\.ts)/.test(file),
  );
  const found = files
    .toSorted()
    .find((file) => declaration.test(readFileSync(join(packageRoot, file), "utf8")));
  return found === undefined ? undefined : `${found}: ${name}`;
}

describe("examplesOf", () => {
  const source = [
    "/**",
    " * Twice.",
    " * @example",
    " * ```ts",
    ' * console.log(twice("/* no comment */")); // 2',
    " * ```",
    " * @example twice(3)",
    " */",
    "export function twice(x) { return `${/[/*]/.test(x) ? `/** ${x} */` : 2 * x}`; }",
    "/** No example. */",
    "const a = 4 / 2; // 1 / 2",
  ]
    .join("\n")
    // A comment cannot hold the end of a comment.
    .replace("/* no comment */", "no comment");

  it("finds fences and single lines, and what they document", ({ expect }) => {
    expect(examplesOf(source, "a.ts")).toMatchObject([
      { name: "twice", code: 'console.log(twice("no comment")); // 2\n', line: 1 },
      { name: "twice", code: "twice(3)\n", line: 1 },
    ]);
  });

  it("knows the names that a snippet leaves to its imports", ({ expect }) => {
    const code =
      'const { train } = splitDataset(digits, { fraction: 0.1, seed });\nf(train.inputs, "no name", ...rest);';
    expect(freeNames(code).toSorted()).toEqual(["const", "digits", "f", "rest", "seed", "splitDataset"]);
  });
});
