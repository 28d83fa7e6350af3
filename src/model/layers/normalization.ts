import type { FieldReader, NumberRange } from "../../checks/field-reader.ts";
import type { BatchNormSpec, LayerNormSpec } from "../spec.ts";
import { gammaAndBeta } from "./layer.ts";
import type { InitialValues, LayerForm } from "./layer.ts";

export interface BatchNormOptions {
  /** Weight of a batch in the running mean and variance, in [0, 1]. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Normalises each channel (the last axis) over all examples and positions of the batch, then scales and shifts it by
 * gamma and beta. Evaluation and prediction, and a frozen layer, take the running mean and variance, which are params
 * that no optimizer touches: they move towards the batch's with every step that succeeds. As in PyTorch the batch is
 * normalised by its biased variance, and the running one follows the unbiased. A batch with a single row a channel has
 * variance 0, so that the layer gives beta; then the running mean moves and the running variance stays.
 */
export function batchNorm(options: BatchNormOptions = {}): BatchNormSpec {
  return { momentum: 0.1, epsilon: 1e-5, ...options, type: "batchNorm" };
}

/** Normalises the last axis of each example and position by itself, then scales and shifts it by gamma and beta. */
export function layerNorm(options: LayerNormOptions = {}): LayerNormSpec {
  return { epsilon: 1e-5, ...options, type: "layerNorm" };
}

const epsilons: NumberRange = { above: 0, upTo: 1 };

export function parseBatchNorm(fields: FieldReader): BatchNormSpec {
  fields.allowOnly(["type", "momentum", "epsilon"]);
  return batchNorm({
    ...(fields.has("momentum") ? { momentum: fields.number("momentum", { from: 0, upTo: 1 }) } : {}),
    ...parseEpsilon(fields),
  });
}

export function parseLayerNorm(fields: FieldReader): LayerNormSpec {
  fields.allowOnly(["type", "epsilon"]);
  return layerNorm(parseEpsilon(fields));
}

function parseEpsilon(fields: FieldReader): LayerNormOptions {
  return fields.has("epsilon") ? { epsilon: fields.number("epsilon", epsilons) } : {};
}

export function batchNormForm(inputShape: readonly number[]): LayerForm {
  const channels = inputShape.at(-1) ?? 0;
  const kept = (name: string, kind: Exclude<InitialValues["kind"], "uniform">) => ({
    name,
    shape: [channels],
    initial: { kind },
    isTrained: false,
  });
  return {
    outputShape: inputShape,
    params: [...gammaAndBeta(channels), kept("runningMean", "zeros"), kept("runningVariance", "ones")],
  };
}

export function layerNormForm(inputShape: readonly number[]): LayerForm {
  return { outputShape: inputShape, params: gammaAndBeta(inputShape.at(-1) ?? 0) };
}
