import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { packageRoot } from "../../src/cli/package-root.ts";
import { commentsOf } from "../support/pages/comments.ts";

interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
}

const counted =
  "one|two|three|many|bytes?|values?|numbers|examples|samples|epochs|lists?|tensors?|weights|params|steps|updates|rounds|" +
  "calls?|kernels|classes|lines?|iterations?|operations|rows|columns|requests|tasks|tokens|float32|float64|int32|int64|" +
  "ns|us|ms|KB|MB|GB|KiB|MiB|GiB";
const unit =
  "batch|call|channel|class|client|column|core|epoch|example|file|hour|iteration|kernel|layer|line|minute|model|number|" +
  "output|param|process|request|round|row|run|sample|second|seed|shard|side|step|task|term|test|tick|tile|token|unit|" +
  "update|user|value|weights?|Worker";

const rules: readonly Rule[] = [
  { name: 'a sentence begins with "Of"', pattern: /(?:^|[.!?:;] )Of / },
  { name: 'a sentence begins with "So many"', pattern: /(?:^|[.!?:;] )So many / },
  { name: '"a" means "per"', pattern: new RegExp(`\\b(?:${counted}) an? (?:${unit})\\b`, "i") },
  {
    name: "a phrase that REDESIGN's table replaces",
    pattern:
      /so many examples of all|gradients that nobody needs later|a direction in parts only|not to be had|tensor a weights or bias|stands for a hand|SIGKILL sets nothing back/i,
  },
];

/** Sentences that the rules find fault with, as "line: rule: where". */
function findFaults(line: number, text: string): string[] {
  const plain = text.replaceAll(/\s+/g, " ").trim();
  return rules.flatMap(({ name, pattern }) => {
    const found = pattern.exec(plain);
    return found === null ? [] : [`${line}: ${name}: ${plain.slice(found.index, found.index + 80)}`];
  });
}

/** The tables that bench/performance-tables.ts writes: their words stand there. */
const madeTables = /<!-- (\S+) -->.*?<!-- \/\1 -->/gs;

/** A page's paragraphs, headings, cells, items and lines of code, without their marks. */
function passagesOf(page: string): { line: number; text: string }[] {
  const passages: { line: number; text: string }[] = [];
  let isOpen = false;
  const read = page.replaceAll(madeTables, (table) => table.replaceAll(/[^\n]/g, ""));
  for (const [index, row] of read.split("\n").entries()) {
    const cells = row.startsWith("|") ? row.split("|") : [row];
    for (const cell of cells) {
      const text = cell.replace(/^[\s#>*_\-\d.]*(?=\S)/, "").replaceAll(/[*_`]/g, "");
      const previous = passages.at(-1);
      const continues = isOpen && cells.length === 1 && /^[A-Za-z(]/.test(row) && previous !== undefined;
      if (continues) previous.text += ` ${text}`;
      else passages.push({ line: index + 1, text });
    }
    isOpen = row.trim() !== "" && cells.length === 1;
  }
  return passages;
}

const inRoot = (patterns: string[]) => globSync(patterns, { cwd: packageRoot }).toSorted();

describe("the rules of words", () => {
  it.for([
    ["Of the examples, for validation.", 'a sentence begins with "Of"'],
    ["It stops. Of these, none.", 'a sentence begins with "Of"'],
    ["So many clients have their data.", 'a sentence begins with "So many"'],
    ["Ten patterns, one a class.", '"a" means "per"'],
    ["3.3 MB a round", '"a" means "per"'],
    ["Values an example.", '"a" means "per"'],
    ["one line a weights row", '"a" means "per"'],
    ["4000 bytes of memory are not to be had", "a phrase that REDESIGN's table replaces"],
  ])("%s", ([text = "", rule = ""], { expect }) => {
    expect(findFaults(1, text)).toEqual([expect.stringContaining(rule)]);
  });

  it.for([
    "A step of a batch.",
    "bytes per round",
    "What a client sends; a round closes then.",
    "The list of a client's examples.",
    "values: an example has its own",
  ])("%s", (text, { expect }) => {
    expect(findFaults(1, text)).toEqual([]);
  });
});

describe("words", () => {
  it.for(inRoot(["README.md", "docs/**/*.md"]))("%s", (file, { expect }) => {
    const page = readFileSync(join(packageRoot, file), "utf8");
    expect(passagesOf(page).flatMap(({ line, text }) => findFaults(line, text))).toEqual([]);
  });

  const sources = inRoot(["src/**/*.ts", "workers/**/*.ts", "bench/**/*.ts", "examples/**/*.ts"]).filter(
    (file) => !file.endsWith(".d.ts") && !file.includes("node_modules"),
  );
  it.for(sources)("%s", (file, { expect }) => {
    const comments = commentsOf(readFileSync(join(packageRoot, file), "utf8"));
    expect(comments.flatMap(({ line, text }) => findFaults(line, text))).toEqual([]);
  });
});
