import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Option } from "commander";
import { installBenchPackages } from "./install.ts";
import { describeMachine } from "./machine.ts";
import { benchCommand } from "./options.ts";
import { replaceFile } from "./replace-file.ts";

const resultsFolder = join(import.meta.dirname, "../results");

/** Progress and figures for people go to standard error: standard output is for the JSON document. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * A benchmark without options of its own. Its document is kept for the tables of docs/performance.md, and printed
 * where asked for.
 */
export async function runBenchmark(
  { name, description }: { readonly name: string; readonly description: string },
  args: readonly string[],
  measure: (folder: string) => Promise<object>,
): Promise<void> {
  const folder = new Option("--results <folder>", "where the document is written").default(resultsFolder);
  const command = benchCommand({ name, description, options: [folder] });
  const { json = false, results } = command
    .parse(args, { from: "user" })
    .opts<{ json?: true; results: string }>();
  await mkdir(results, { recursive: true });
  const document = { bench: name, machine: describeMachine(false), ...(await measure(results)) };
  await replaceFile(join(results, `${name}.json`), `${JSON.stringify(document, null, 2)}\n`);
  if (json) process.stdout.write(`${JSON.stringify(document)}\n`);
}

/** Libraries that cannot be had are left out, and their fields are null: the benchmark is not about them. */
export async function installPeers(names: readonly string[]): Promise<void> {
  try {
    await installBenchPackages(names);
  } catch (error) {
    progress(
      `going on without ${names.join(", ")}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
