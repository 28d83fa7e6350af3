import { describeValue } from "../../checks/check-options.ts";
import { EdgepropError } from "../../errors.ts";
import type { Model } from "../../model/index.ts";

/** The indices of the layers that train, in order, by default of all that have params to train; throws `bad-option`. */
export function completeTrainable({ placed }: Model, trainable?: readonly number[]): readonly number[] {
  const possible = placed
    .filter(({ params }) => params.some(({ isTrained }) => isTrained))
    .map(({ index }) => index);
  if (possible.length === 0)
    throw new EdgepropError("bad-option", "the model has no layer with params: there is nothing to train");
  if (trainable === undefined) return possible;
  if (!Array.isArray(trainable) || trainable.length === 0) {
    throw new EdgepropError(
      "bad-option",
      `trainable is ${describeValue(trainable)}; expected a list of at least one layer's index`,
    );
  }
  const unknown = trainable.find((index) => !possible.includes(index));
  if (unknown !== undefined) {
    throw new EdgepropError(
      "bad-option",
      `trainable has ${describeValue(unknown)}; expected indices of layers with params: ${possible.join(", ")}`,
    );
  }
  const twice = trainable.find((index, place) => trainable.indexOf(index) !== place);
  if (twice !== undefined) throw new EdgepropError("bad-option", `trainable has ${twice} twice`);
  return possible.filter((index) => trainable.includes(index));
}
