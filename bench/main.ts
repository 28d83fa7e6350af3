/** `npm run bench -- <name> [options]`: measures, never asserts; every benchmark checks correctness before it measures. */
import { CommanderError } from "commander";
import { errorCode } from "../src/errors.ts";

const names = [
  "exchange",
  "federated",
  "paper",
  "gemm",
  "step",
  "prox",
  "footprint",
  "memory",
  "coldstart",
  "embedded",
  "scaling",
] as const;

const [name, ...args] = process.argv.slice(2);
const found = names.find((candidate) => candidate === name);
if (found === undefined) {
  process.stderr.write(`bench: expected one of ${names.join(", ")}; got ${name ?? "nothing"}\n`);
  process.exit(1);
}
const { run } = (await import(`./${found}.ts`)) as { run: (args: readonly string[]) => Promise<void> };
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
