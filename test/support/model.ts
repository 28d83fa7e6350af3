import { allSets } from "edgeprop";
import type { Loss, LossSpec, ModelSpec, PlacedLayer } from "edgeprop";
import { toModel } from "edgeprop/model";
import { bindLoss } from "edgeprop/training";

/** A model's layers in their places, read with all sets. */
export function describeModel(model: ModelSpec): readonly PlacedLayer[] {
  return toModel(model, allSets).placed;
}

/** Either form of a loss as the complete one. */
export function completeLoss(loss: Loss): LossSpec {
  return bindLoss(loss, allSets).spec;
}

/** Whether a target is the index of a class. */
export function takesIndices(loss: Loss): boolean {
  const { type, spec } = bindLoss(loss, allSets);
  return type.targets(spec) === "indices";
}
