import { checkOptions, typeName } from "../../checks/check-options.ts";
import { EdgepropError } from "../../errors.ts";
import { paramsLayout, parseModelSpec } from "../../model/index.ts";
import type { ModelSpec } from "../../model/index.ts";
import { decodeSafetensors, encodeSafetensors, toFloat32, toTensor } from "../../safetensors/index.ts";
import type { Tensor, TensorFile } from "../../safetensors/index.ts";
import { restoreRule, storeRule } from "./checkpoint-rule.ts";
import type { CustomRule } from "../options/custom-rule.ts";
import type { CustomLayers } from "../options/custom-layer.ts";
import { startOfEpochs } from "../batches/epoch-cursor.ts";
import type { Cursor } from "../batches/epoch-cursor.ts";
import { checkSameModel } from "./model-difference.ts";
import { optimizerBuffers } from "../step/plan-memory.ts";
import { completeOptions } from "../options/trainer-options.ts";
import type { CompleteTrainerOptions } from "../options/trainer-options.ts";
import type { TrainerOptions } from "../options/trainer-types.ts";

/** How far training is, beside its params and optimizer state. */
export interface Progress {
  readonly stepsTaken: number;
  readonly cursor: Cursor;
}

export interface Checkpoint {
  readonly model: ModelSpec;
  /** Without `params`: those of the start say nothing any more. */
  readonly options: CompleteTrainerOptions;
  readonly progress: Progress;
  /** Flat, in layout order. */
  readonly params: Float32Array;
  /** What the optimizer keeps, by the names of its buffers, each as long as the params. */
  readonly state: Readonly<Record<string, Float32Array>>;
}

export const startOfTraining: Progress = {
  stepsTaken: 0,
  cursor: startOfEpochs,
};

const format = "edgeprop-checkpoint";
const version = "1";

/**
 * Tensors: the params as in every params file, then each buffer of the optimizer's state, flat. Metadata: format,
 * version, and as JSON the model, the options and the progress.
 */
export function encodeCheckpoint({ model, options, progress, params, state }: Checkpoint): Uint8Array {
  const { loss, optimizer, batchSize, seed, deterministic, trainable } = options;
  const { classWeights, schedule, clipNorm } = options;
  const rule = storeRule(options.rule);
  const tensors: Record<string, Tensor> = {};
  for (const { name, shape, offset, length } of paramsLayout(model))
    tensors[name] = toTensor(params.subarray(offset, offset + length), shape);
  for (const [name, values] of Object.entries(state)) tensors[name] = toTensor(values, [values.length]);
  return encodeSafetensors({
    tensors,
    metadata: {
      format,
      version,
      model: JSON.stringify(model),
      // What is undefined is left out.
      options: JSON.stringify({
        loss,
        rule,
        optimizer,
        batchSize,
        seed,
        deterministic,
        trainable,
        classWeights,
        schedule,
        clipNorm,
      }),
      progress: JSON.stringify(progress),
    },
  });
}

/** What a checkpoint is read with. */
export interface RestoreOptions {
  /** The user-written rule of the trainer that wrote it; needed there, and only there. */
  readonly rule?: CustomRule;
  /** The code of the model's custom layers, by their names. */
  readonly customLayers?: CustomLayers;
  /** As for the trainer that wrote it: a matter of the machine, which a checkpoint does not keep. */
  readonly budgetBytes?: number;
  /** The model it is to be of; by default whichever it is. */
  readonly model?: ModelSpec;
}

/**
 * Untrusted bytes in; throws `bad-file`, `unsupported` for another version, or `bad-option` where it is not what the
 * options say. Unknown metadata is left alone.
 */
export function decodeCheckpoint(bytes: Uint8Array, expectation: RestoreOptions = {}): Checkpoint {
  checkOptions(expectation, "restoreTrainer", ["rule", "customLayers", "budgetBytes", "model"]);
  if (!(bytes instanceof Uint8Array))
    throw new EdgepropError(
      "bad-file",
      `the checkpoint is of type ${typeName(bytes)}; expected a Uint8Array (of an ArrayBuffer: new Uint8Array(buffer))`,
    );
  const file = decodeSafetensors(bytes);
  checkFormat(file.metadata);
  const stored = parseJson(file, "options");
  if (!isRecord(stored) || !isRecord(stored["rule"]) || !isRecord(stored["optimizer"]))
    throw broken("metadata options lacks the rule or the optimizer");
  const rule = restoreRule(stored["rule"], expectation.rule);
  const { model, options } = naming("model or options", () => {
    const spec = parseModelSpec(parseJson(file, "model"));
    return { model: spec, options: parseOptions(spec, { ...stored, rule }) };
  });
  if (expectation.model !== undefined) checkSameModel(model, parseModelSpec(expectation.model));
  const progress = parseProgress(parseJson(file, "progress"), options);

  const layout = paramsLayout(model);
  const names = optimizerBuffers(options.optimizer);
  const expected = [...layout.map(({ name }) => name), ...names];
  const surplus = Object.keys(file.tensors).find((name) => !expected.includes(name));
  if (surplus !== undefined)
    throw broken(`tensor "${surplus}" has no place in it; expected ${expected.join(", ")}`);
  const numParams = layout.reduce((sum, { length }) => sum + length, 0);
  // All are read before anything is allocated: the model may claim more than the file has.
  const tensors = layout.map(({ name, shape, offset }) => ({
    offset,
    values: readTensor(file, name, shape),
  }));
  const params = new Float32Array(numParams);
  for (const { offset, values } of tensors) params.set(values, offset);
  const state = Object.fromEntries(names.map((name) => [name, readTensor(file, name, [numParams])]));
  return { model, options, progress, params, state };
}

function broken(what: string, options?: ErrorOptions): EdgepropError {
  return new EdgepropError("bad-file", `not a checkpoint: ${what}`, options);
}

function checkFormat(metadata: TensorFile["metadata"]): void {
  if (metadata["format"] !== format)
    throw broken(`metadata format is ${JSON.stringify(metadata["format"])}; expected "${format}"`);
  if (metadata["version"] === version) return;
  throw new EdgepropError(
    "unsupported",
    `the checkpoint has version ${JSON.stringify(metadata["version"])}; expected "${version}"`,
  );
}

function parseJson({ metadata }: TensorFile, key: string): unknown {
  const text = metadata[key];
  if (text === undefined) throw broken(`metadata ${key} is missing`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw broken(`metadata ${key} is not JSON`, { cause });
  }
}

/** Whatever the checks of a trainer's options find wrong makes the file a bad one. */
function naming<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (cause instanceof EdgepropError && cause.code === "bad-file") throw cause;
    throw broken(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function parseOptions(model: ModelSpec, value: Readonly<Record<string, unknown>>): CompleteTrainerOptions {
  const stored = value as unknown as TrainerOptions;
  const { loss, rule, optimizer, batchSize, seed, deterministic, trainable } = stored;
  if (seed === undefined || typeof deterministic !== "boolean" || trainable === undefined)
    throw broken("metadata options lacks seed, deterministic or trainable");
  const { classWeights, schedule, clipNorm } = stored;
  return completeOptions(model, {
    loss,
    rule,
    optimizer,
    batchSize,
    seed,
    deterministic,
    trainable,
    ...(classWeights === undefined ? {} : { classWeights }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(clipNorm === undefined ? {} : { clipNorm }),
  });
}

function parseProgress(value: unknown, { batchSize }: CompleteTrainerOptions): Progress {
  const cursor = isRecord(value) ? value["cursor"] : undefined;
  if (!isRecord(value) || !isRecord(cursor)) throw broken("metadata progress lacks the cursor");
  const [stepsTaken, epoch, position, numExamples] = [
    value["stepsTaken"],
    cursor["epoch"],
    cursor["position"],
    cursor["numExamples"],
  ].map((count) => (Number.isSafeInteger(count) ? Number(count) : -1));
  const isWhole = [stepsTaken, epoch, position, numExamples].every((count = -1) => count >= 0);
  const progress = {
    stepsTaken: stepsTaken ?? 0,
    cursor: { epoch: epoch ?? 0, position: position ?? 0, numExamples: numExamples ?? 0 },
  };
  const { cursor: at } = progress;
  // Of a stream, numExamples is 0.
  const isBefore = at.numExamples === 0 || at.position < at.numExamples;
  const isInside = at.position === 0 || (isBefore && at.position % batchSize === 0);
  if (isWhole && isInside) return progress;
  throw broken(
    `metadata progress is ${JSON.stringify(value)}; expected whole numbers, the position inside the epoch`,
  );
}

function readTensor({ tensors }: TensorFile, name: string, shape: readonly number[]): Float32Array {
  const tensor = tensors[name];
  if (tensor === undefined) throw broken(`tensor "${name}" is missing`);
  if (tensor.dtype !== "F32" || tensor.shape.join() !== shape.join()) {
    throw broken(
      `tensor "${name}" is ${tensor.dtype} [${tensor.shape.join(", ")}]; expected F32 [${shape.join(", ")}]`,
    );
  }
  return toFloat32(tensor);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
