/** node scripts/vectors.ts FOLDER [--json]: runs the golden cases of a folder; exits with 1 when one fails. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createTrainer } from "../src/node.ts";
import { buildKernels } from "./build-kernels.ts";
import { runVectorCase } from "./vector-case.ts";
import type { CaseResult, VectorCase } from "./vector-case.ts";

const usage = "usage: node scripts/vectors.ts FOLDER [--json]";

async function main(args: readonly string[]): Promise<number> {
  const isJson = args.includes("--json");
  const [folder, ...others] = args.filter((argument) => argument !== "--json");
  if (folder === undefined || others.length > 0 || folder.startsWith("-")) return fail(usage);
  const files = await readdir(folder).catch(() => null);
  if (files === null) return fail(`there is no folder ${folder}`);
  const caseFiles = files.filter((file) => file.endsWith(".json")).toSorted();
  if (caseFiles.length === 0) return fail(`there are no *.json cases in ${folder}`);

  await buildKernels();
  const cases: CaseResult[] = [];
  for (const file of caseFiles) cases.push(await runFile(join(folder, file)));
  const failed = cases.filter(({ status }) => status === "failed").length;
  process.stdout.write(isJson ? `${JSON.stringify({ cases, failed })}\n` : toTable(cases));
  return failed > 0 ? 1 : 0;
}

/** A case that throws has failed; why goes to stderr. */
async function runFile(path: string): Promise<CaseResult> {
  try {
    return await runVectorCase(createTrainer, JSON.parse(await readFile(path, "utf8")) as VectorCase);
  } catch (error) {
    process.stderr.write(`${path}: ${error instanceof Error ? error.message : String(error)}\n`);
    return { name: path.replace(/^.*\/|\.json$/g, ""), status: "failed", maxRelativeError: null };
  }
}

function toTable(cases: readonly CaseResult[]): string {
  const width = Math.max(...cases.map(({ name }) => name.length));
  const rows = cases.map(
    ({ name, status, maxRelativeError }) =>
      `${name.padEnd(width)}  ${status.padEnd(11)}  ${maxRelativeError?.toExponential(1) ?? "-"}`,
  );
  const counts = (["passed", "failed", "unsupported"] as const).map(
    (status) => `${cases.filter((each) => each.status === status).length} ${status}`,
  );
  return `${rows.join("\n")}\n${counts.join(", ")}; error: largest difference over largest expected value of a tensor\n`;
}

function fail(message: string): number {
  process.stderr.write(`${message}\n`);
  return 1;
}

process.exitCode = await main(process.argv.slice(2));
