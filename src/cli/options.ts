import { availableParallelism } from "node:os";
import { InvalidArgumentError, Option } from "commander";
import { parsePartition } from "../data/index.ts";
import type { Exchange } from "../federated/index.ts";
import type { Partition } from "../data/index.ts";

export interface StartOptions {
  readonly mode: "federated" | "minibatch";
  readonly exchange?: Exchange;
  readonly steps?: number;
  readonly clients: number;
  readonly rounds: number;
  readonly rule: "proxprop" | "backprop";
  readonly tau?: number;
  readonly learningRate?: number;
  readonly batchSize?: number;
  readonly localEpochs: number;
  readonly partition: Partition;
  readonly seed: number;
  readonly port: number;
  readonly edgeProcesses: number;
  readonly json?: true;
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0 && value <= 1e6) return value;
  throw new InvalidArgumentError("Expected a number greater than 0, at most 1000000.");
}

function partition(text: string): Partition {
  try {
    return parsePartition(text);
  } catch (error) {
    throw new InvalidArgumentError(
      error instanceof Error ? `Expected iid or dirichlet:<alpha> with alpha > 0.` : String(error),
    );
  }
}

/** The orchestrator keeps one core to itself. */
const defaultEdgeProcesses = Math.max(1, availableParallelism() - 1);

export const portOption = (): Option =>
  new Option("--port <port>", "where the orchestrator answers").default(8787).argParser(integer(1, 65_535));

export const edgeProcessesOption = (): Option =>
  new Option("--edge-processes <n>", "workerd processes for the trainer Workers")
    .default(defaultEdgeProcesses, `cores minus one: ${defaultEdgeProcesses}`)
    .argParser(integer(1, 256));

export const clientsOption = (): Option =>
  new Option("--clients <n>", "edge clients").default(8).argParser(integer(1, 256));

export const ruleOption = (): Option =>
  new Option("--rule <rule>", "update rule of the clients")
    .choices(["proxprop", "backprop"])
    .default("proxprop");

export const startOptions = (): Option[] => [
  new Option(
    "--mode <mode>",
    "federated: clients train on data of their own; minibatch: a round is one step of a batch cut into shards",
  )
    .choices(["federated", "minibatch"])
    .default("federated"),
  new Option(
    "--exchange <exchange>",
    "what a minibatch client sends of its shard (default: direction)",
  ).choices(["direction", "statistics"]),
  new Option("--steps <n>", "steps of a minibatch run (default: 100)").argParser(integer(1, 1_000_000)),
  clientsOption(),
  new Option("--rounds <n>", "rounds of a federated run").default(15).argParser(integer(1, 10_000)),
  ruleOption(),
  new Option("--tau <tau>", "prox step size (proxprop only; default: 1)").argParser(positive),
  new Option(
    "--learning-rate <rate>",
    "clients' SGD learning rate (default: 2 for proxprop, 0.3 for backprop)",
  ).argParser(positive),
  new Option(
    "--batch-size <n>",
    "examples per step; in minibatch mode those of the whole batch (default: 32, minibatch: 512)",
  ).argParser(integer(1, 60_000)),
  new Option("--local-epochs <n>", "epochs over its own data that a client trains per round")
    .default(1)
    .argParser(integer(1, 100)),
  new Option("--partition <kind>", "iid or dirichlet:<alpha>: how the digits are spread over the clients")
    .default({ kind: "dirichlet", alpha: 0.5 } satisfies Partition, "dirichlet:0.5")
    .argParser(partition),
  new Option("--seed <n>", "seeds the partition, the params and the order of examples")
    .default(1)
    .argParser(integer(0, 2 ** 32 - 1)),
  portOption(),
  edgeProcessesOption(),
  new Option("--json", "one JSON line per round and one for the result, nothing else on standard output"),
];
