import { EdgepropError } from "../errors.ts";
import { describeModel } from "../model/index.ts";
import type { ModelSpec } from "../model/index.ts";

/** Values that lie together in the flat params. */
export interface ParamRange {
  readonly offset: number;
  readonly length: number;
}

/** The indices of the layers that train, in order, by default of all that have params; throws `bad-option`. */
export function completeTrainable(model: ModelSpec, trainable?: readonly number[]): readonly number[] {
  const possible = describeModel(model)
    .filter(({ params }) => params.length > 0)
    .map(({ index }) => index);
  if (possible.length === 0)
    throw new EdgepropError("bad-option", "the model has no layer with params: there is nothing to train");
  if (trainable === undefined) return possible;
  if (!Array.isArray(trainable) || trainable.length === 0) {
    throw new EdgepropError(
      "bad-option",
      `trainable is ${JSON.stringify(trainable)}; expected a list of at least one layer's index`,
    );
  }
  const unknown = trainable.find((index) => !possible.includes(index));
  if (unknown !== undefined) {
    throw new EdgepropError(
      "bad-option",
      `trainable has ${JSON.stringify(unknown)}; expected indices of layers with params: ${possible.join(", ")}`,
    );
  }
  const twice = trainable.find((index, place) => trainable.indexOf(index) !== place);
  if (twice !== undefined) throw new EdgepropError("bad-option", `trainable has ${twice} twice`);
  return possible.filter((index) => trainable.includes(index));
}

/** Where the params of these layers lie; neighbours are merged, so that an optimizer runs over them in one call. */
export function rangesOf(model: ModelSpec, trainable: readonly number[]): readonly ParamRange[] {
  return toRanges(model, (index) => trainable.includes(index));
}

/** Where the params of all other layers lie. */
export function frozenRangesOf(model: ModelSpec, trainable: readonly number[]): readonly ParamRange[] {
  return toRanges(model, (index) => !trainable.includes(index));
}

function toRanges(model: ModelSpec, isWanted: (layer: number) => boolean): ParamRange[] {
  const ranges: ParamRange[] = [];
  for (const { index, params } of describeModel(model)) {
    if (!isWanted(index)) continue;
    for (const { offset, length } of params) {
      const last = ranges.at(-1);
      if (last !== undefined && last.offset + last.length === offset)
        ranges[ranges.length - 1] = { offset: last.offset, length: last.length + length };
      else ranges.push({ offset, length });
    }
  }
  return ranges;
}
