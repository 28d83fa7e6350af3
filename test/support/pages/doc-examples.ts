import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/cli/package-root.ts";
import { commentsOf } from "./comments.ts";

/** One `@example` of a doc comment in src. */
export interface DocExample {
  /** From the package's root: "src/data/split.ts". */
  readonly file: string;
  /** Where its comment begins, from 1. */
  readonly line: number;
  /** What the comment documents: "splitDataset"; empty where that has no name. */
  readonly name: string;
  readonly code: string;
  readonly isFenced: boolean;
  /** False for a fence "ts no-run": what needs a server or a GPU is only checked by the compiler. */
  readonly isRun: boolean;
}

/** All examples of src, the kernels excepted, which are AssemblyScript. */
export function findExamples(): DocExample[] {
  const files = globSync("src/**/*.ts", { cwd: packageRoot }).filter(
    (file) => !file.startsWith("src/kernels/") && !file.endsWith(".d.ts"),
  );
  return files.toSorted().flatMap((file) => examplesOf(readFileSync(join(packageRoot, file), "utf8"), file));
}

export function examplesOf(source: string, file: string): DocExample[] {
  return commentsOf(source)
    .filter(({ isDoc }) => isDoc)
    .flatMap(({ line, text, after }) => {
      const name =
        /^\s*(?:export\s+)?(?:async\s+)?(?:function\*?|const|class)\s+([\w$]+)/.exec(after)?.[1] ?? "";
      return codesOf(text).map((example) => ({ file, line, name, ...example }));
    });
}

/** The codes of a comment's examples: what stands in a fence, or all up to the next tag. */
function codesOf(text: string): Pick<DocExample, "code" | "isFenced" | "isRun">[] {
  return text
    .split(/^@example\b/m)
    .slice(1)
    .map((part) => {
      const fence = /^```(\w*)([^\n]*)\n(.*?)^```/ms.exec(part);
      if (fence !== null)
        return { code: fence[3] ?? "", isFenced: true, isRun: !(fence[2] ?? "").includes("no-run") };
      const [code = ""] = part.split(/^@\w/m);
      return { code: `${code.trim()}\n`, isFenced: false, isRun: true };
    });
}

/** What an example says it prints: the comments behind its calls of console.log, one line each. */
export function promisedOutput(code: string): string[] {
  return [...code.matchAll(/^\s*console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text = ""]) => text.trim());
}

/** The names that a snippet uses and does not declare. */
export function freeNames(code: string): string[] {
  const plain = code
    .replaceAll(/\/\/.*$|\/\*[\s\S]*?\*\//gm, " ")
    .replaceAll(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, '""');
  const declared = new Set<string>();
  for (const [, pattern = ""] of plain.matchAll(
    /\b(?:const|let|import)\b\s+(?:type\s+)?([^=;]*?)\s*(?:=|\bfrom\b|\bof\b)/g,
  ))
    for (const [name] of pattern.matchAll(/[\w$]+/g)) declared.add(name);
  for (const [, name = ""] of plain.matchAll(/\b(?:function\*?|class|interface|type)\s+([\w$]+)/g))
    declared.add(name);
  const used = [...plain.matchAll(/(?<![\w$.]|\?\.)([A-Za-z_$][\w$]*)\b(?!\s*:)/g)].map(
    ([, name = ""]) => name,
  );
  const spread = [...plain.matchAll(/\.\.\.([A-Za-z_$][\w$]*)/g)].map(([, name = ""]) => name);
  return [...new Set([...used, ...spread])].filter((name) => !declared.has(name));
}
