import { EdgepropError } from "../errors.ts";
import { activations } from "../model/index.ts";
import type { Activation, DenseSpec, ModelSpec } from "../model/index.ts";
import type { AdamOptimizer, SgdOptimizer } from "../training/index.ts";
import type { CompleteTrainerOptions } from "../training/options/trainer-options.ts";

/** The part of what edgeprop can train that the trainer on tfjs can train. */

export type TfjsActivation = Exclude<Activation, "leakyRelu" | "gelu">;

export interface TfjsDense extends DenseSpec {
  readonly activation: TfjsActivation;
}

export interface DenseModel extends ModelSpec {
  readonly layers: readonly TfjsDense[];
}

export const tfjsActivations: readonly TfjsActivation[] = activations.filter(
  (name) => name !== "leakyRelu" && name !== "gelu",
);

export type TfjsOptimizer = SgdOptimizer | AdamOptimizer;
/** All layers are trainable, a prox step is exact, and nothing is clipped. */
export type TfjsOptions = CompleteTrainerOptions & { readonly optimizer: TfjsOptimizer };

/** Throws `unsupported`, naming the layer. */
export function assertDense(model: ModelSpec): asserts model is DenseModel {
  for (const [index, layer] of model.layers.entries()) {
    if (layer.type !== "dense")
      throw unsupported(`layers[${index}] is a ${layer.type} layer`, "dense layers");
    if (!tfjsActivations.some((name) => name === layer.activation)) {
      const known = tfjsActivations.map((name) => `"${name}"`).join(", ");
      throw unsupported(`layers[${index}] has the activation "${layer.activation}"`, known);
    }
  }
}

/** Throws `unsupported`, naming the option. */
export function assertSupported(
  options: CompleteTrainerOptions,
  model: DenseModel,
): asserts options is TfjsOptions {
  const { rule, optimizer, trainable, clipNorm, budgetBytes } = options;
  if (budgetBytes !== undefined) {
    throw new EdgepropError(
      "unsupported",
      "budgetBytes is for trainers on wasm: tfjs's memory cannot be planned",
    );
  }
  if (rule.name === "custom")
    throw unsupported(`the rule "${rule.title}" is custom`, "backprop and proxProp");
  const ownRules = model.layers.flatMap((layer) => (layer.rule === undefined ? [] : [layer.rule]));
  for (const each of [rule, ...ownRules]) {
    if (each.name === "proxprop" && each.proxSolver !== "exact")
      throw unsupported(`proxSolver is "${each.proxSolver}"`, `"exact"`);
  }
  if (clipNorm !== undefined)
    throw new EdgepropError(
      "unsupported",
      "the trainer on tfjs does not clip directions; leave out clipNorm",
    );
  if (optimizer.name !== "sgd" && optimizer.name !== "adam") {
    throw unsupported(`the optimizer is "${optimizer.name}"`, `"sgd" and "adam"`);
  }
  if (trainable.length < model.layers.length) {
    throw new EdgepropError("unsupported", "the trainer on tfjs trains all layers; leave out trainable");
  }
}

function unsupported(found: string, known: string): EdgepropError {
  return new EdgepropError("unsupported", `${found}; the trainer on tfjs knows ${known} only`);
}
