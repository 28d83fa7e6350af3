import type { KnownLoss, LossName } from "../../losses/index.ts";
import type { KnownOptimizer } from "../../optimizers/index.ts";
import type { KnownRule } from "../../rules/index.ts";
import type { KnownSchedule } from "../../schedules/index.ts";
import type { LossSpec } from "../../kinds/loss-type.ts";
import type { OptimizerSpec } from "../../kinds/optimizer-type.ts";
import type { RuleSpec } from "../../kinds/rule-type.ts";
import type { ScheduleSpec } from "../../kinds/schedule-type.ts";
import type { Model } from "../../model/index.ts";
import type { Examples } from "../../data/stream.ts";
import type { MemoryPlan } from "../../runtime/memory-plan.ts";

/** A loss as plain JSON: its name where the defaults suffice. What is minimised is its mean over the batch. */
export type Loss = LossName | (string & {}) | KnownLoss | LossSpec;

/** What prediction and evaluation need. */
export interface PredictorOptions {
  readonly loss: Loss;
  /** Examples per call of the kernels; the last batch of an epoch may be shorter. */
  readonly batchSize: number;
  /** Seeds the initial params, the order of examples and the values that dropout drops. Default 1. */
  readonly seed?: number;
  /** Same seed, same bytes in Node, workerd and browsers, at some cost in speed. Default true. */
  readonly deterministic?: boolean;
  /** Initial params, flat, in layout order; by default drawn from `seed`. */
  readonly params?: Float32Array;
  /** What the memory plan may take; default all that a wasm memory can have. Trainers on tfjs refuse it. */
  readonly budgetBytes?: number;
  /**
   * For a loss with class indices: how much the examples of each class count in the loss, times their own weights.
   * PyTorch's `weight`, label smoothing included.
   */
  readonly classWeights?: readonly number[];
}

export interface TrainerOptions extends PredictorOptions {
  /** How a batch becomes a direction: what `backprop()` and `proxProp()` build, or a rule of the model's sets. */
  readonly rule: KnownRule | RuleSpec;
  readonly optimizer: KnownOptimizer | OptimizerSpec;
  /**
   * Indices of the layers that train; default all. The others are frozen: they cost no backward work, and their
   * params and optimizer state never change. A frozen batchNorm layer normalises by its running mean and variance.
   */
  readonly trainable?: readonly number[];
  /** A factor on the optimizer's learning rate by step; by default none. */
  readonly schedule?: KnownSchedule | ScheduleSpec;
  /**
   * The Euclidean norm that the direction of all layers that train is scaled down to, where it is longer, before the
   * optimizer gets it: PyTorch's clip_grad_norm_. By default none.
   */
  readonly clipNorm?: number;
}

/** `inputs`: batch x input values, row-major. `targets`: batch class indices, or batch x outputs values. */
export interface Batch {
  readonly inputs: Float32Array | Uint8Array;
  /** What an input value is multiplied with on its way in: 1 / 255 for pixels. Default 1. */
  readonly inputScale?: number;
  readonly targets: Int32Array | Uint8Array | Float32Array;
  /**
   * How much each example counts: the loss is sum(w l) / sum(w), as PyTorch's weighted mean, and 0 where all weights
   * are. dL/dz carries the weights; a prox step's A does not: an example of weight 0 damps it like any other.
   */
  readonly weights?: Float32Array;
}

export interface StepResult {
  /** (Weighted) mean loss of the batch, before the step. */
  readonly loss: number;
}

export interface DirectionResult extends StepResult {
  /**
   * Outputs of the last layer, batch x outputs: its preactivations where it is linear. Those of a training step, that
   * is with values dropped and the batch's own mean and variance where the model has such layers.
   */
  readonly outputs: Float32Array;
  /**
   * What the update rule would hand the optimizer, before clipNorm; flat, in layout order; zeros for frozen layers and
   * running statistics.
   */
  readonly direction: Float32Array;
}

export interface TrainLimits {
  /** Stop after this many steps of this call. */
  readonly maxSteps?: number;
  /** Stop when the epoch that this many epochs end in is over, counted from the trainer's start. */
  readonly epochs?: number;
  /**
   * Stop after about so much computing: past it by one step at most where the clock always moves. At least one step is
   * taken, so that calls in a row come to an end.
   */
  readonly cpuBudgetMs?: number;
}

export interface TrainResult {
  /** Steps taken by this call. */
  readonly steps: number;
  /** Sum over the examples seen by this call of weight x loss before their step. */
  readonly lossSum: number;
  /** Sum of their weights, those of their classes included; numExamples without weights. Their mean loss is lossSum / weightSum. */
  readonly weightSum: number;
  readonly numExamples: number;
  /** True when `epochs` is reached. */
  readonly isDone: boolean;
}

export interface EpochResult {
  /** From 1. */
  readonly epoch: number;
  /** The (weighted) mean over the epoch's examples, each before its step. */
  readonly loss: number;
  readonly validation?: Evaluation;
  /** Whether the validation was the best so far; there with earlyStopping or restoreBest. */
  readonly isBest?: boolean;
}

export interface Evaluation {
  /** The (weighted) mean over the examples, as in training: class weights and label smoothing count. */
  readonly loss: number;
  /**
   * Fraction of examples, whatever their weights, whose largest output is the label, or where their largest target is;
   * absent for losses without classes.
   */
  readonly accuracy?: number;
  readonly numExamples: number;
  /** By k, the fraction of examples whose label is among the k largest outputs; of equal ones the lower index comes first. */
  readonly topK?: Readonly<Record<number, number>>;
  /** Counts, classes x classes: rows are labels, columns what was predicted. */
  readonly confusion?: readonly (readonly number[])[];
  /** Mean over examples and outputs; of meanSquaredError. */
  readonly meanAbsoluteError?: number;
}

export interface EvaluateOptions {
  /** For each of these k, at most the number of classes. */
  readonly topK?: readonly number[];
  readonly confusion?: boolean;
}

export interface FitOptions {
  readonly epochs: number;
  /** Evaluated after every epoch. */
  readonly validation?: Examples;
  /** Called after every step, and waited for. */
  readonly onStep?: (step: FitStep) => void | Promise<void>;
  readonly earlyStopping?: EarlyStopping;
  /** The params of the best epoch come back when the iteration ends, however it ends. The optimizer state does not. */
  readonly restoreBest?: boolean;
  /** Aborting it ends the iteration between two steps with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface FitStep {
  /** From 1. */
  readonly epoch: number;
  /** From 1 in each epoch. */
  readonly step: number;
  /** Mean loss of the batch, before the step. */
  readonly loss: number;
  readonly numExamples: number;
}

export interface EarlyStopping {
  /** Epochs in a row that are no better before the iteration ends. */
  readonly patience: number;
  /** What a better epoch must be better by. Default 0. */
  readonly minDelta?: number;
  /** Which number of the validation is watched. Default "loss". */
  readonly monitor?: "loss" | "accuracy";
}

/** What a model does without learning: one interface, whatever computes, hence asynchronous and silent about memory layout. */
export interface Predictor {
  readonly model: Model;
  /** Number of params, those of frozen layers included. */
  readonly numParams: number;
  evaluate(examples: Examples, options?: EvaluateOptions): Promise<Evaluation>;
  /** Outputs of the last layer for every example: the class indices, or the values for losses without classes. */
  predict(inputs: Float32Array | Uint8Array, options?: PredictOptions): Promise<Float32Array | Int32Array>;
  /**
   * How sure the model is, examples x outputs: the softmax or sigmoid of the outputs that the loss implies; the
   * outputs as they are for losses on values.
   */
  probabilities(inputs: Float32Array | Uint8Array, options?: PredictOptions): Promise<Float32Array>;
  getParams(): Promise<Float32Array>;
  /** Replaces the params; the optimizer state is kept. */
  setParams(params: Float32Array): Promise<void>;
  /** Gives back the memory, or the tensors of a device, once the calls before it are done. Later calls throw `conflict`. */
  dispose(): Promise<void>;
  /** The same at the end of a `using` declaration. */
  [Symbol.dispose](): void;
}

export interface PredictOptions {
  /** What an input value is multiplied with on its way in: 1 / 255 for pixels. Default 1. */
  readonly inputScale?: number;
}

export interface Trainer extends Predictor {
  /** One optimizer step on one batch of at most `batchSize` examples. */
  step(batch: Batch): Promise<StepResult>;
  /** The direction of one batch; params and optimizer state stay as they are. */
  direction(batch: Batch): Promise<DirectionResult>;
  /** Train on from where the last call stopped: the order of examples depends on seed and epoch alone, not on how calls slice it. */
  train(examples: Examples, limits: TrainLimits): Promise<TrainResult>;
  fit(examples: Examples, options: FitOptions): AsyncIterable<EpochResult>;
  /** The params minus `from`: what training since then has added. */
  getDelta(from: Float32Array): Promise<Float32Array>;
}

/** A predictor on the wasm kernels, whose memory is planned. */
export interface PlannedPredictor extends Predictor {
  readonly memory: TrainerMemory;
}

/** A trainer whose whole state can be taken along: the one on wasm kernels. */
export interface ResumableTrainer extends Trainer, PlannedPredictor {
  /** All that training goes on from, as a safetensors file: `restoreTrainer` continues from it to the same bytes. */
  checkpoint(): Promise<Uint8Array>;
}

export interface TrainerMemory {
  readonly plan: MemoryPlan;
  /** The sum of all planned buffers. */
  readonly plannedBytes: number;
  /** Bytes of the wasm memory in fact: whole pages of 64 KiB. */
  readonly usedBytes: number;
  /** The part of them that the kernels' own data takes. */
  readonly staticBytes: number;
}
