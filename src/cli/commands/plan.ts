import { readFile } from "node:fs/promises";
import { EdgepropError } from "../../errors.ts";
import { planExchange } from "../../exchange/index.ts";
import { backprop, parseModelSpec, proxProp } from "../../node.ts";
import type { Model } from "../../node.ts";
import { mnistModel } from "../main-job/run-plan.ts";

export interface PlanOptions {
  readonly model?: string;
  readonly clients: number;
  readonly rule: "proxprop" | "backprop";
  readonly json?: true;
}

/** `edgeprop plan`: tells what a minibatch round sends in either exchange, and which is cheaper. */
export async function plan({ model, clients, rule, json }: PlanOptions): Promise<void> {
  const spec = model === undefined ? mnistModel(784) : await readModel(model);
  const exchange = planExchange(spec, {
    rule: rule === "proxprop" ? proxProp({ tau: 1 }) : backprop(),
    clients,
  });
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ model: spec, clients, ...exchange })}\n`);
    return;
  }
  const row = (name: string, { bytesUp, bytesDown }: { bytesUp: number; bytesDown: number }): string =>
    `${name.padEnd(11)} ${String(bytesUp).padStart(14)} ${String(bytesDown).padStart(14)}\n`;
  process.stdout.write(`exchange    bytes up/round  bytes down/round\n`);
  process.stdout.write(row("direction", exchange.direction) + row("statistics", exchange.statistics));
  process.stdout.write(`cheaper: ${exchange.cheaper}\n`);
}

async function readModel(path: string): Promise<Model> {
  try {
    return parseModelSpec(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    if (cause instanceof EdgepropError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EdgepropError("bad-file", `cannot read a model from ${path}: ${reason}`, { cause });
  }
}
