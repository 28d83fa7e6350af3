/** `npm run bench -- <name> [options]`: measures, never asserts; every benchmark checks correctness before it measures. */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { CommanderError } from "commander";
import { errorCode } from "../src/errors.ts";

const files = await readdir(join(import.meta.dirname, "benchmarks"));
const names = files.map((file) => basename(file, ".ts")).toSorted();

const [name, ...args] = process.argv.slice(2);
const found = names.find((candidate) => candidate === name);
if (found === undefined) {
  process.stderr.write(`bench: expected one of ${names.join(", ")}; got ${name ?? "nothing"}\n`);
  process.exit(1);
}
const { run } = (await import(`./benchmarks/${found}.ts`)) as {
  run: (args: readonly string[]) => Promise<void>;
};
try {
  await run(args);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else if (errorCode(error) !== undefined && error instanceof Error) {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
