#!/usr/bin/env node
import { Command, CommanderError, Option } from "commander";
import { errorCode } from "../errors.ts";
import { edgeProcessesOption, portOption, startOptions } from "./options.ts";
import type { StartOptions } from "./options.ts";
import type { ServeOptions } from "./serve.ts";

const program = new Command("edgeprop")
  .description("Training neural networks at the edge.")
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "edgeprop: ")) });

const start = program
  .command("start")
  .description(
    "Trains MNIST by federated ProxProp over edge clients in local workerd, and shows every round.",
  )
  .action(async (options: StartOptions) => (await import("./start.ts")).start(options));
for (const option of startOptions()) start.addOption(option);

program
  .command("serve")
  .description("Runs an orchestrator and trainers in local workerd until Ctrl-C.")
  .addOption(portOption())
  .addOption(edgeProcessesOption())
  .addOption(new Option("--state <folder>", "where runs are kept").default("runs/.state"))
  .action(async (options: ServeOptions) => (await import("./serve.ts")).serve(options));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else if (errorCode(error) === undefined || !(error instanceof Error)) {
    throw error;
  } else {
    process.stderr.write(`edgeprop: ${error.message}\n`);
    process.exitCode = 1;
  }
}
