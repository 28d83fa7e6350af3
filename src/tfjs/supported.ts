import { EdgepropError } from "../errors.ts";
import type { Model } from "../model/index.ts";
import type { ReadOptions, TrainingOptions } from "../training/options/trainer-options.ts";
import { tfjsActivations } from "./engine/activations.ts";
import { tfjsLosses } from "./engine/losses.ts";
import { tfjsOptimizers } from "./engine/optimizers.ts";

/** The part of what edgeprop can train that the trainer on tfjs can train. */

/** Throws `unsupported`, naming the layer. */
export function assertDense({ placed }: Model): void {
  for (const { index, spec, activation } of placed) {
    if (spec.type !== "dense") throw unsupported(`layers[${index}] is a ${spec.type} layer`, "dense layers");
    const name = activation?.name ?? "linear";
    if (!Object.hasOwn(tfjsActivations, name))
      throw unsupported(`layers[${index}] has the activation "${name}"`, namesOf(tfjsActivations));
  }
}

/** Throws `unsupported`, naming the option. */
export function assertPredictable({ loss, budgetBytes }: ReadOptions): void {
  if (budgetBytes !== undefined) {
    throw new EdgepropError(
      "unsupported",
      "budgetBytes is for trainers on wasm: tfjs's memory cannot be planned",
    );
  }
  if (!Object.hasOwn(tfjsLosses, loss.spec.name))
    throw unsupported(`the loss is "${loss.spec.name}"`, namesOf(tfjsLosses));
}

/**
 * All layers are trainable, a prox step is exact, and nothing is clipped. Throws `unsupported`, naming the option.
 */
export function assertSupported(options: TrainingOptions, model: Model): void {
  assertPredictable(options);
  const { rule, optimizer, trainable, clipNorm } = options.learning;
  const ownRules = model.layers.flatMap((layer) =>
    "rule" in layer ? [layer.rule as { readonly name: string }] : [],
  );
  for (const each of [rule.spec, ...ownRules]) {
    if (each.name !== "backprop" && each.name !== "proxprop")
      throw unsupported(`the rule is "${each.name}"`, "backprop and proxProp");
    if ("proxSolver" in each && each.proxSolver !== "exact")
      throw unsupported(`proxSolver is "${String(each.proxSolver)}"`, `"exact"`);
  }
  if (clipNorm !== undefined)
    throw new EdgepropError(
      "unsupported",
      "the trainer on tfjs does not clip directions; leave out clipNorm",
    );
  if (!Object.hasOwn(tfjsOptimizers, optimizer.spec.name))
    throw unsupported(`the optimizer is "${optimizer.spec.name}"`, namesOf(tfjsOptimizers, " and "));
  if (trainable.length < model.layers.length) {
    throw new EdgepropError("unsupported", "the trainer on tfjs trains all layers; leave out trainable");
  }
}

function namesOf(table: object, between = ", "): string {
  return Object.keys(table)
    .map((name) => `"${name}"`)
    .join(between);
}

function unsupported(found: string, known: string): EdgepropError {
  return new EdgepropError("unsupported", `${found}; the trainer on tfjs knows ${known} only`);
}
