import type { Model } from "./model.ts";

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

export function paramsLayout({ placed }: Pick<Model, "placed">): ParamsLayout {
  return placed.flatMap(({ params }) =>
    params.map(({ name, shape, offset, length }) => ({ name, shape, offset, length })),
  );
}
