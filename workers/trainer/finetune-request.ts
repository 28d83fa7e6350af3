import { z } from "zod";
import { toDataset } from "../../src/data/index.ts";
import type { Dataset } from "../../src/data/index.ts";
import { EdgepropError } from "../../src/errors.ts";
import type { OptimizerSpec, RuleSpec } from "../../src/index.ts";
import type { Model } from "../../src/model/index.ts";
import { decodeDataset } from "../../src/protocol/index.ts";
import { sgd } from "../../src/optimizers/index.ts";
import { proxProp } from "../../src/rules/index.ts";
import { bindLoss, planMemory } from "../../src/training/index.ts";
import type { Loss } from "../../src/training/index.ts";
import { parseWith } from "../shared/parse.ts";
import { count, rate, trainingSchemas } from "../shared/training-schemas.ts";
import { fromBase64, loadParams, paramsSource } from "./base-params.ts";
import { naming } from "./naming.ts";
import { readParts } from "./request-parts.ts";
import { sets } from "./sets.ts";

/** A call to fine-tune, checked and complete, everything it needs in memory. */
export interface Finetuning {
  readonly model: Model;
  readonly loss: Loss;
  /** Indices of the layers that train. */
  readonly trainable: readonly number[];
  readonly rule: RuleSpec;
  readonly optimizer: OptimizerSpec;
  readonly steps: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly cpuBudgetMs: number;
  readonly answer: "params" | "delta";
  readonly params: Float32Array;
  readonly examples: Dataset;
  /** Where an earlier call stopped. */
  readonly checkpoint?: Uint8Array;
}

/** What a trainer may take of an isolate's 128 MB, beside the bodies. */
export const trainerBytes = 48 * 1024 * 1024;

export const rows = z.array(z.array(z.number())).min(1).max(1_000_000);

const examples = z.strictObject({
  inputs: rows,
  labels: z
    .array(
      z
        .int()
        .min(0)
        .max(2 ** 31 - 1),
    )
    .optional(),
  targets: rows.optional(),
  inputScale: rate.default(1),
});

const { model, loss, rule, optimizer } = trainingSchemas(sets);

const schema = z.strictObject({
  model,
  params: paramsSource.optional(),
  examples: examples.optional(),
  loss: loss.default("softmaxCrossEntropy"),
  layers: z
    .array(z.union([z.string(), z.int()]))
    .min(1)
    .optional(),
  rule: rule.default(proxProp({ tau: 1 })),
  learningRate: rate.optional(),
  optimizer: optimizer.optional(),
  steps: count(1_000_000),
  batchSize: count(4096).default(16),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1),
  cpuBudgetMs: z.number().positive().max(300_000).default(10_000),
  answer: z.enum(["params", "delta"]).default("params"),
  checkpoint: z.string().min(1).optional(),
});

/** Throws what becomes a problem that names the field. */
export async function readFinetune(request: Request): Promise<Finetuning> {
  const parts = await readParts(request, ["params", "examples", "checkpoint"]);
  const body = parseWith(schema, parts.request);
  const options = {
    model: body.model,
    loss: body.loss,
    trainable: toTrainable(body.model, body.layers),
    rule: body.rule,
    optimizer: toOptimizer(body.learningRate, body.optimizer),
    steps: body.steps,
    batchSize: body.batchSize,
    seed: body.seed,
    cpuBudgetMs: body.cpuBudgetMs,
    answer: body.answer,
  };
  await naming("model", () => {
    planMemory(body.model, { ...options, budgetBytes: trainerBytes });
  });
  const checkpoint = await naming("checkpoint", () =>
    oneOf(
      parts.files.get("checkpoint"),
      body.checkpoint === undefined ? undefined : fromBase64(body.checkpoint),
    ),
  );
  return {
    ...options,
    params: await loadParams(body.model, body.params, parts.files.get("params")),
    examples: await naming("examples", () => toExamples(body, parts.files.get("examples"))),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
}

/** "layers.1" as the files name them, or 1. */
function toTrainable({ placed }: Model, layers: readonly (string | number)[] | undefined): readonly number[] {
  const indices = placed.filter(({ params }) => params.length > 0).map(({ index }) => index);
  if (layers === undefined) return indices;
  const chosen = layers.map((layer) => {
    const found = indices.find((index) => layer === index || layer === `layers.${index}`);
    if (found !== undefined) return found;
    const names = indices.map((index) => `layers.${index}`).join(", ");
    throw new EdgepropError(
      "bad-request",
      `layers: ${JSON.stringify(layer)} is not a layer with params; expected some of ${names}`,
    );
  });
  return indices.filter((index) => chosen.includes(index));
}

function toOptimizer(learningRate: number | undefined, chosen: OptimizerSpec | undefined): OptimizerSpec {
  if (learningRate === undefined && chosen !== undefined) return chosen;
  if (learningRate !== undefined && chosen === undefined) return sgd({ learningRate });
  throw new EdgepropError(
    "bad-request",
    `learningRate: ${chosen === undefined ? "is missing; send it, or an optimizer" : "is there beside an optimizer; send one of the two"}`,
  );
}

function oneOf<T>(file: T | undefined, inline: T | undefined): T | undefined {
  if (file === undefined || inline === undefined) return file ?? inline;
  throw new EdgepropError("bad-request", "is there twice, as a file and in the request");
}

function toExamples(
  { model: spec, loss: chosen, examples: inline }: z.output<typeof schema>,
  file: Uint8Array | undefined,
): Dataset {
  const dataset = oneOf(
    file === undefined ? undefined : decodeDataset(file, { convert: false }),
    inline === undefined ? undefined : fromRows(inline, chosen),
  );
  if (dataset === undefined)
    throw new EdgepropError("bad-request", "are missing; send them in the request, or as a file");
  if (dataset.numExamples === 0) throw new EdgepropError("bad-request", "there are none; send at least one");
  const { inputSize } = spec;
  if (dataset.inputSize !== inputSize) {
    throw new EdgepropError(
      "bad-shape",
      `inputs have ${dataset.inputSize} values an example; the model takes ${inputSize}`,
    );
  }
  return dataset;
}

function fromRows({ inputs, labels, targets, inputScale }: z.output<typeof examples>, chosen: Loss): Dataset {
  const values = flatten(inputs, "inputs");
  const { type, spec } = bindLoss(chosen, sets);
  const isClasses = type.targets(spec) === "indices";
  const { name } = spec;
  const [wanted, other] = isClasses ? ["labels", "targets"] : ["targets", "labels"];
  const given = isClasses ? labels : targets;
  if (given === undefined)
    throw new EdgepropError("bad-request", `${wanted} are missing; ${name} takes them`);
  if ((isClasses ? targets : labels) !== undefined)
    throw new EdgepropError("bad-request", `${other} are not for ${name}; it takes ${wanted}`);
  if (given.length !== inputs.length)
    throw new EdgepropError("bad-shape", `${given.length} ${wanted} for ${inputs.length} inputs`);
  return toDataset({
    inputs: values,
    targets: labels === undefined ? flatten(targets ?? [], "targets") : Int32Array.from(labels),
    inputSize: inputs[0]?.length ?? 0,
    inputScale,
  });
}

/** Rows of one width, one after the other. */
export function flatten(lists: readonly (readonly number[])[], field: string): Float32Array {
  const width = lists[0]?.length ?? 0;
  const odd = lists.findIndex(({ length }) => length !== width);
  if (odd >= 0) {
    throw new EdgepropError(
      "bad-shape",
      `${field}.${odd} has ${lists[odd]?.length} values, ${field}.0 has ${width}`,
    );
  }
  return Float32Array.from(lists.flat());
}
