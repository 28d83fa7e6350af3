import { allSets } from "edgeprop";
import type { BoundLoss, Loss, LossSpec, ModelSpec, PlacedLayer, Sets } from "edgeprop";
import { toModel } from "edgeprop/model";
import { bindLoss } from "edgeprop/training";

/** A model's layers in their places; a model as JSON is read with all sets. */
export function describeModel(model: ModelSpec): readonly PlacedLayer[] {
  return toModel(model, allSets).placed;
}

/** Either form of a loss with the object that it is of. */
export function boundLoss(loss: Loss, sets: Pick<Sets, "losses"> = allSets): BoundLoss {
  return bindLoss(loss, sets);
}

/** Either form of a loss as the complete one. */
export function completeLoss(loss: Loss): LossSpec {
  return boundLoss(loss).spec;
}

/** Whether a target is the index of a class. */
export function takesIndices(loss: Loss, sets?: Pick<Sets, "losses">): boolean {
  const { type, spec } = boundLoss(loss, sets);
  return type.targets(spec) === "indices";
}
