import type { Address } from "./address.ts";

/** The kernels of single layers and activations that need no product of matrices. */
export interface LayerKernels {
  leakyReluBackward(count: number, activations: Address, gradient: Address): void;
  /** out = z Phi(z); and gradient times its slope, from z. */
  gelu(count: number, preactivations: Address, out: Address): void;
  geluBackward(count: number, preactivations: Address, gradient: Address): void;

  /** moments (3, channels) = mean, 1 / sqrt(biased variance + epsilon), unbiased variance of values (rows, channels). */
  channelMoments(rows: number, channels: number, epsilon: number, values: Address, moments: Address): void;
  /** out = 1 / sqrt(max(variances, 0) + epsilon). */
  inverseRoots(count: number, epsilon: number, variances: Address, out: Address): void;
  /** out += weight (values - out). */
  interpolate(count: number, weight: number, values: Address, out: Address): void;
  normalizeChannels(
    rows: number,
    channels: number,
    mean: Address,
    inverse: Address,
    gamma: Address,
    beta: Address,
    values: Address,
    out: Address,
  ): void;
  /** sums (2, channels): the gradients of gamma and beta. */
  channelSums(
    rows: number,
    channels: number,
    mean: Address,
    inverse: Address,
    values: Address,
    gradient: Address,
    sums: Address,
  ): void;
  /** Through moments that are the rows' own. */
  normalizeChannelsBackward(
    rows: number,
    channels: number,
    mean: Address,
    inverse: Address,
    gamma: Address,
    sums: Address,
    values: Address,
    gradient: Address,
    inputGradient: Address,
  ): void;
  /** inputGradient = gamma inverse gradient. */
  scaleChannels(
    rows: number,
    channels: number,
    inverse: Address,
    gamma: Address,
    gradient: Address,
    inputGradient: Address,
  ): void;

  layerNorm(
    rows: number,
    columns: number,
    epsilon: number,
    gamma: Address,
    beta: Address,
    values: Address,
    out: Address,
  ): void;
  layerNormBackward(
    rows: number,
    columns: number,
    epsilon: number,
    gamma: Address,
    values: Address,
    gradient: Address,
    inputGradient: Address,
  ): void;
  /** sums (2, columns): the gradients of gamma and beta. */
  layerNormSums(
    rows: number,
    columns: number,
    epsilon: number,
    values: Address,
    gradient: Address,
    sums: Address,
  ): void;

  /** out = values / (1 - rate), or 0 where the key, the layer, the step and the value's index say so. */
  dropout(
    count: number,
    rate: number,
    keyLow: number,
    keyHigh: number,
    layer: number,
    step: number,
    values: Address,
    out: Address,
  ): void;

  /** Tokens are float32 integers. out (count, units) = the tokens' rows of the table; and table += values. */
  gatherRows(count: number, units: number, tokens: Address, table: Address, out: Address): void;
  scatterRows(count: number, units: number, tokens: Address, values: Address, table: Address): void;
  /** The index of the first value that is no integer in [0, limit), or -1. */
  firstNoToken(count: number, limit: number, values: Address): number;
}
