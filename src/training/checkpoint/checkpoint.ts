import { checkBytes, checkOptions } from "../../checks/check-options.ts";
import { readFields } from "../../checks/field-reader.ts";
import { EdgepropError } from "../../errors.ts";
import type { Sets } from "../../kinds/sets.ts";
import { paramsLayout, parseModel, planLayers, ruleStateName, toModel } from "../../model/index.ts";
import type { Model, ModelSpec } from "../../model/index.ts";
import { decodeFrame, encodeSafetensors, viewFloat32, toTensor } from "../../safetensors/index.ts";
import type { Tensor, TensorFile } from "../../safetensors/index.ts";
import { startOfEpochs } from "../batches/epoch-cursor.ts";
import type { Cursor } from "../batches/epoch-cursor.ts";
import { readTrainerOptions, trainerFields } from "../options/trainer-options.ts";
import type { TrainingOptions } from "../options/trainer-options.ts";
import type { TrainerOptions } from "../options/trainer-types.ts";
import { optimizerBuffers } from "../step/plan-memory.ts";
import { checkSameModel } from "./model-difference.ts";

/** How far training is, beside its params and optimizer state. */
export interface Progress {
  readonly stepsTaken: number;
  readonly cursor: Cursor;
}

export interface Checkpoint {
  readonly model: Model;
  /** Without `params`: those of the start say nothing any more. */
  readonly options: TrainingOptions;
  readonly progress: Progress;
  /** Flat, in layout order. */
  readonly params: Float32Array;
  /** What the optimizer and the rules keep, by the names of its buffers. */
  readonly state: Readonly<Record<string, Float32Array>>;
}

export const startOfTraining: Progress = {
  stepsTaken: 0,
  cursor: startOfEpochs,
};

const format = "edgeprop-checkpoint";
const version = "1";

/** What the optimizer keeps, one value per param and name, and what rules keep for their layers, in values. */
export function stateNames(
  model: Model,
  { learning, batchSize }: TrainingOptions,
): { readonly name: string; readonly length: number }[] {
  return [
    ...optimizerBuffers(learning.optimizer).map((name) => ({ name, length: model.numParams })),
    ...planLayers(model, { ...learning, batchSize }).flatMap(({ layer, state }) =>
      state.map(({ name, length }) => ({ name: ruleStateName(layer.index, name), length })),
    ),
  ];
}

/**
 * Tensors: the params as in every params file, then each buffer of the optimizer's and the rules' state, flat.
 * Metadata: format, version, and as JSON the model, the options and the progress.
 */
export function encodeCheckpoint({ model, options, progress, params, state }: Checkpoint): Uint8Array {
  const { loss, batchSize, seed, deterministic, classWeights, learning } = options;
  const { rule, optimizer, schedule, clipNorm, trainable } = learning;
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
        loss: loss.spec,
        rule: rule.spec,
        optimizer: optimizer.spec,
        batchSize,
        seed,
        deterministic,
        trainable,
        classWeights,
        schedule: schedule?.spec,
        clipNorm,
      }),
      progress: JSON.stringify(progress),
    },
  });
}

/** What a checkpoint is read with. */
export interface RestoreOptions {
  /** As for the trainer that wrote it: a matter of the machine, which a checkpoint does not keep. */
  readonly budgetBytes?: number;
  /** The model it is to be of; by default whichever it is. */
  readonly model?: ModelSpec;
}

/**
 * Untrusted bytes in; throws `bad-file`, `unsupported` for another version, or `bad-option` where it is not what the
 * options say. Names are looked up in `sets`. Unknown metadata is left alone.
 */
export function decodeCheckpoint(
  bytes: Uint8Array,
  expectation: RestoreOptions & { readonly sets: Sets },
): Checkpoint {
  const { sets } = checkOptions(expectation, "restoreTrainer", ["budgetBytes", "model", "sets"]);
  checkBytes("the checkpoint", bytes);
  const file = decodeFrame(bytes);
  checkFormat(file.metadata);
  const { model, options } = naming("model or options", () => {
    const found = parseModel(parseJson(file, "model"), sets);
    return { model: found, options: parseOptions(found, parseJson(file, "options")) };
  });
  if (expectation.model !== undefined) checkSameModel(model, toModel(expectation.model, sets));
  const progress = naming("progress", () => parseProgress(parseJson(file, "progress"), options));

  const layout = paramsLayout(model);
  const kept = stateNames(model, options);
  const expected = [...layout, ...kept].map(({ name }) => name);
  const surplus = Object.keys(file.tensors).find((name) => !expected.includes(name));
  if (surplus !== undefined)
    throw broken(`tensor "${surplus}" has no place in it; expected ${expected.join(", ")}`);
  // All are read before anything is allocated: the model may claim more than the file has.
  const tensors = layout.map(({ name, shape, offset }) => ({
    offset,
    values: readTensor(file, name, shape),
  }));
  const state = Object.fromEntries(kept.map(({ name, length }) => [name, readTensor(file, name, [length])]));
  const params = new Float32Array(model.numParams);
  for (const { offset, values } of tensors) params.set(values, offset);
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

/** Whatever the checks of a trainer's options find wrong makes the file a bad one; what a set lacks, another may have. */
function naming<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (cause instanceof EdgepropError && cause.code === "bad-file") throw cause;
    if (cause instanceof EdgepropError && cause.code === "unsupported")
      throw new EdgepropError("unsupported", `the checkpoint's ${what}: ${cause.message}`, { cause });
    throw broken(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** All that fixes the training, but for its first params and what is a matter of the machine. */
const storedOptions = trainerFields.filter((name) => name !== "params" && name !== "budgetBytes");

function parseOptions(model: Model, value: unknown): TrainingOptions {
  const fields = readFields(value, "");
  // What a trainer would fill in is written down: what is missing was cut off.
  for (const name of ["seed", "deterministic", "trainable"])
    if (!fields.has(name)) throw broken(`metadata options lacks ${name}`);
  const known = storedOptions.filter((name) => fields.has(name)).map((name) => [name, fields.raw(name)]);
  return readTrainerOptions(model, Object.fromEntries(known) as TrainerOptions);
}

function parseProgress(value: unknown, { batchSize }: TrainingOptions): Progress {
  const fields = readFields(value, "");
  const cursor = readFields(fields.raw("cursor"), "cursor");
  const at = {
    epoch: cursor.count("epoch"),
    position: cursor.count("position"),
    numExamples: cursor.count("numExamples"),
  };
  // For a stream, numExamples is 0.
  const isBefore = at.numExamples === 0 || at.position < at.numExamples;
  if (at.position === 0 || (isBefore && at.position % batchSize === 0))
    return { stepsTaken: fields.count("stepsTaken"), cursor: at };
  throw broken(`progress: the position ${at.position} is not that of a batch inside the epoch`);
}

function readTensor({ tensors }: TensorFile, name: string, shape: readonly number[]): Float32Array {
  const tensor = tensors[name];
  if (tensor === undefined) throw broken(`tensor "${name}" is missing`);
  if (tensor.dtype !== "F32" || tensor.shape.join() !== shape.join()) {
    throw broken(
      `tensor "${name}" is ${tensor.dtype} [${tensor.shape.join(", ")}]; expected F32 [${shape.join(", ")}]`,
    );
  }
  return viewFloat32(tensor);
}
