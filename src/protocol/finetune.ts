import type { OptimizerSpec } from "../kinds/optimizer-type.ts";
import type { RuleSpec } from "../kinds/rule-type.ts";
import type { ModelSpec } from "../model/index.ts";
import type { Loss } from "../training/index.ts";

/** The trainer's calls `POST /v1/finetune` and `POST /v1/predict`: as JSON, or as the part `request` of a multipart body. */

/** A params file in base64, or where to GET it: a run's `/v1/runs/:run/model`. As a multipart part: the file itself. */
export type ParamsSource = string | { readonly url: string; readonly token?: string };

export interface FinetuneRequest {
  readonly model: ModelSpec;
  /** Absent where the part `params` holds them. */
  readonly params?: ParamsSource;
  /** Absent where the part `examples` holds them, as a dataset file. */
  readonly examples?: InlineExamples;
  /** Default softmaxCrossEntropy. */
  readonly loss?: Loss;
  /** The layers that train, as "layers.1" or 1; default all. */
  readonly layers?: readonly (string | number)[];
  /** Default proxprop with tau 1. */
  readonly rule?: RuleSpec;
  /** For plain SGD; either this or `optimizer`. */
  readonly learningRate?: number;
  readonly optimizer?: OptimizerSpec;
  /** Steps in all, those of earlier calls included. */
  readonly steps: number;
  /** Default 16. */
  readonly batchSize?: number;
  /** Draws the order of the examples. Default 1. */
  readonly seed?: number;
  /** Stop with a checkpoint after about so much computing. Default 10 s. */
  readonly cpuBudgetMs?: number;
  /** All params, or what the trained layers have changed by. Default "params". */
  readonly answer?: "params" | "delta";
  /** The answer of an earlier call that stopped, in base64; or the part `checkpoint`. */
  readonly checkpoint?: string;
}

export interface InlineExamples {
  /** One list of values per example. */
  readonly inputs: readonly (readonly number[])[];
  /** Class indices, for softmaxCrossEntropy. */
  readonly labels?: readonly number[];
  /** One list of values per example, for the other losses. */
  readonly targets?: readonly (readonly number[])[];
  /** What an input value is multiplied with: 1 / 255 for pixels. Default 1. */
  readonly inputScale?: number;
}

/** In the metadata `metrics` of the answer; and, with `cpuMs`, in its header `edgeprop-metrics`. */
export interface FinetuneMetrics {
  readonly status: "done" | "checkpoint";
  readonly stepsTaken: number;
  readonly steps: number;
  /** On the examples, with the base params. */
  readonly before: ExamplesMetrics;
  /** On the examples, once done. */
  readonly after?: ExamplesMetrics;
}

export interface ExamplesMetrics {
  readonly loss: number;
  /** For softmaxCrossEntropy. */
  readonly accuracy?: number;
}

export const metricsHeader = "edgeprop-metrics";

export interface PredictRequest {
  readonly model: ModelSpec;
  /** Absent where the part `params` holds them. */
  readonly params?: ParamsSource;
  readonly inputs: readonly (readonly number[])[];
  readonly inputScale?: number;
  /** Says what the outputs mean. Default softmaxCrossEntropy. */
  readonly loss?: Loss;
}

export interface PredictResponse {
  /** For softmaxCrossEntropy. */
  readonly labels?: readonly number[];
  /** One list per example. */
  readonly probabilities: readonly (readonly number[])[];
}
