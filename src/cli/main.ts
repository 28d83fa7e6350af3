#!/usr/bin/env node
import { Command, CommanderError, Option } from "commander";
import { errorCode } from "../errors.ts";
import type { JoinOptions } from "./commands/join.ts";
import { clientsOption, edgeProcessesOption, portOption, ruleOption, startOptions } from "./options.ts";
import type { StartOptions } from "./options.ts";
import type { PlanOptions } from "./commands/plan.ts";
import type { ServeOptions } from "./commands/serve.ts";

// Whoever reads our output may stop before we do: `edgeprop start --json | head -1`.
process.stdout.on("error", () => process.exit(1));

const program = new Command("edgeprop")
  .description("Training neural networks at the edge.")
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "edgeprop: ")) });

const start = program
  .command("start")
  .description(
    "Trains MNIST by federated ProxProp over edge clients in local workerd, and shows every round.",
  )
  .action(async (options: StartOptions) => (await import("./commands/start.ts")).start(options));
for (const option of startOptions()) start.addOption(option);

program
  .command("serve")
  .description("Runs an orchestrator and trainers in local workerd until Ctrl-C.")
  .addOption(portOption())
  .addOption(edgeProcessesOption())
  .addOption(new Option("--state <folder>", "where runs are kept").default("runs/.state"))
  .action(async (options: ServeOptions) => (await import("./commands/serve.ts")).serve(options));

program
  .command("join")
  .description("Makes this machine a client of a run until the run is over.")
  .argument("<url>", "where the orchestrator answers")
  .requiredOption("--token <token>", "a join token of the run")
  .addOption(
    new Option("--backend <backend>", "how this machine computes")
      .choices(["wasm", "webgpu"])
      .default("wasm"),
  )
  .addOption(
    new Option("--data <data>", "the client's own examples")
      .choices(["mnist:train", "mnist:test"])
      .default("mnist:test"),
  )
  .option("--name <name>", "the client's id in the run")
  .option("--json", "JSON lines on standard output")
  .action(async (url: string, options: JoinOptions) =>
    (await import("./commands/join.ts")).join(url, options),
  );

program
  .command("plan")
  .description("Tells what a minibatch round sends in either exchange, and which is cheaper.")
  .option("--model <file>", "a ModelSpec as JSON (default: MLP 784-128-10)")
  .addOption(clientsOption())
  .addOption(ruleOption())
  .option("--json", "one JSON document")
  .action(async (options: PlanOptions) => (await import("./commands/plan.ts")).plan(options));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else {
    const message = error instanceof Error ? error.message : String(error);
    // Our own messages are sentences. From other errors a person can use the first line; DEBUG shows the stack.
    process.stderr.write(`edgeprop: ${errorCode(error) === undefined ? message.split("\n")[0] : message}\n`);
    if (process.env["DEBUG"] !== undefined && error instanceof Error)
      process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
}
