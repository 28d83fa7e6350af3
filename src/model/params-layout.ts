import { describeModel } from "./describe-model.ts";
import type { ModelSpec } from "./spec.ts";

/** Where each layer's weights and bias lie in the flat params, in order. */
export type ParamsLayout = readonly ParamsEntry[];

export interface ParamsEntry {
  /** As in "layers.0.weights". */
  readonly name: string;
  readonly shape: readonly number[];
  /** In values, from the start of the flat params. */
  readonly offset: number;
  readonly length: number;
}

export function paramsLayout(model: ModelSpec): ParamsLayout {
  return describeModel(model).flatMap(({ params }) =>
    params.map(({ name, shape, offset, length }) => ({ name, shape, offset, length })),
  );
}

export function countParams(model: ModelSpec): number {
  return paramsLayout(model).reduce((sum, { length }) => sum + length, 0);
}
