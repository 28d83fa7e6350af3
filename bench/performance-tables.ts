/** `node bench/performance-tables.ts`: writes the results in bench/results into the tables of docs/performance.md. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
type Row = Readonly<Record<string, unknown>>;

interface Table {
  readonly name: string;
  /** Heading and field, which may lie deeper: "spread.exact". */
  readonly columns: readonly (readonly [string, string])[];
  readonly rows: (document: Row) => readonly Row[];
}

const cases = (document: Row): readonly Row[] => document["cases"] as readonly Row[];

const tables: readonly Table[] = [
  {
    name: "gemm",
    columns: [
      ["form", "form"],
      ["m", "m"],
      ["k", "k"],
      ["n", "n"],
      ["edgeprop", "edgeprop"],
      ["peak", "peak"],
      ["of peak", "peakFraction"],
      ["tfjs-wasm", "tfjsWasm"],
      ["onnxruntime-web", "onnxruntimeWeb"],
    ],
    rows: cases,
  },
  {
    name: "step",
    columns: [
      ["case", "name"],
      ["edgeprop", "edgeprop"],
      ["of peak", "peakFraction"],
      ["tfjs-wasm", "tfjsWasm"],
      ["tfjs-cpu", "tfjsCpu"],
      ["jax-js", "jaxJs"],
      ["PyTorch", "pytorch"],
    ],
    rows: cases,
  },
  {
    name: "prox",
    columns: [
      ["case", "name"],
      ["exact", "exact"],
      ["cg3", "cg3"],
      ["cg5", "cg5"],
      ["cg10", "cg10"],
      ["backprop step, ms", "backpropStepMs"],
      ["tau", "tau"],
    ],
    rows: cases,
  },
  {
    name: "footprint",
    columns: [
      ["program", "program"],
      ["bytes", "bytes"],
      ["of them JavaScript", "code"],
    ],
    rows(document) {
      const { browser } = document["details"] as { readonly browser: Readonly<Record<string, Row>> };
      return [
        ["dense layers, by edgeprop/dense", "dense"],
        ["two layers and one optimizer, by edgeprop/core", "twoLayers"],
        ["everything, by edgeprop", "full"],
        ["dense layers, by tfjs (core and wasm)", "tfjs"],
      ].map(([program = "", name = ""]) => ({
        program,
        bytes: document[name],
        code: browser[name]?.["code"],
      }));
    },
  },
  {
    name: "coldstart",
    columns: [
      ["case", "case"],
      ["cold start, ms", "coldstart"],
      ["least", "lowest"],
      ["spread", "spread"],
      ["isolates", "rounds"],
    ],
    rows: (document) => [document],
  },
  {
    name: "memory",
    columns: [
      ["case", "name"],
      ["rule", "rule"],
      ["plan, bytes", "plan"],
      ["wasm memory", "measured"],
      ["params + state + activations", "lowerBound"],
      ["plan / (that + a packed panel)", "planOverBound"],
      ["process grows by", "residentBytes"],
    ],
    rows: cases,
  },
  {
    name: "embedded",
    columns: [
      ["case", "name"],
      ["runtime", "runtime"],
      ["library", "library"],
      ["steps/s", "stepsPerSecond"],
      ["steps in 10 ms", "stepsIn10ms"],
      ["process grows by", "residentBytes"],
      ["wasm memory", "wasmBytes"],
      ["bundle", "bundleBytes"],
      ["first step, ms", "firstStepMs"],
    ],
    rows: cases,
  },
  {
    name: "scaling",
    columns: [
      ["varied", "varied"],
      ["at", "at"],
      ["backprop, us", "backpropUs"],
      ["exact, us", "exactUs"],
      ["backprop, ns per example and unit", "backpropNs"],
      ["exact, ns", "exactNs"],
    ],
    rows: (document) =>
      ["batch", "width"].flatMap((varied) =>
        (document[varied] as readonly Row[]).map((row) => Object.assign({ varied }, row)),
      ),
  },
];

function toMarkdown({ columns, rows }: Table, document: Row): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(([heading]) => heading)),
    line(columns.map(() => "---")),
    ...rows(document).map((row) => line(columns.map(([, field]) => toCell(row[field])))),
  ].join("\n");
}

function toCell(value: unknown): string {
  if (typeof value === "number") return value.toLocaleString("en", { maximumSignificantDigits: 8 });
  return typeof value === "string" ? value : "-";
}

const page = join(root, "docs/performance.md");
let text = await readFile(page, "utf8");
for (const table of tables) {
  const document = JSON.parse(await readFile(join(root, `bench/results/${table.name}.json`), "utf8")) as Row;
  const marks = new RegExp(`(<!-- ${table.name} -->\n)[^]*?(<!-- /${table.name} -->)`);
  if (!marks.test(text)) throw new Error(`docs/performance.md has no place for ${table.name}`);
  text = text.replace(
    marks,
    (_, open: string, close: string) => `${open}\n${toMarkdown(table, document)}\n\n${close}`,
  );
}
await writeFile(page, text);
