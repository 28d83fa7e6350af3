import { toModel } from "../index.ts";
import type { Loss, ModelSpec } from "../index.ts";
import type { Rule, RuleSpec } from "../kinds/rule-type.ts";
import { bindRule, planLayers } from "../model/index.ts";
import type { LayerPlan } from "../model/index.ts";
import type { ProxPropRule } from "../rules/index.ts";
import { bindLoss } from "../training/index.ts";
import { formulaOf } from "./activations.ts";
import { explicitLayer } from "./explicit-layers.ts";
import { linearPass } from "./linear-layers.ts";
import { lossOf } from "./losses.ts";
import { product, times, transpose } from "./matrix.ts";
import type { Matrix } from "./matrix.ts";
import type { ExplicitStep, ReferenceTraining } from "./pass.ts";
import { proxDirection } from "./prox-direction.ts";

/*
 * What a step computes, in float64 and plain loops: slow, short, and the oracle that the kernels are held against.
 * A matrix is a list of rows. Letters as everywhere: A = [a_prev, 1], for a convolution [patches, 1], W weights over
 * the bias as its last row, z = A W, a = sigma(z), G = dL/dz, D direction.
 */

export interface ReferenceBatch {
  /** (rows, inputs) */
  readonly inputs: Matrix;
  /** (rows, 1) class indices, or (rows, outputs) values. */
  readonly targets: Matrix;
  /** (rows); default 1 each. */
  readonly weights?: readonly number[];
}

export interface ReferenceDirection {
  readonly loss: number;
  readonly outputs: Matrix;
  /** Flat, in layout order. */
  readonly direction: number[];
}

export interface ReferenceOptions extends ReferenceTraining {
  readonly loss: Loss;
  readonly rule: RuleSpec;
  readonly classWeights?: readonly number[];
}

/**
 * Loss, outputs and direction of one batch, for params that lie flat in layout order.
 *
 * @example
 * ```ts
 * const batch = { inputs: [[0, 1]], targets: [[1]] };
 * const options = { loss: "softmaxCrossEntropy", rule: backprop() };
 * const { loss, direction } = referenceDirection(model, options, await trainer.getParams(), batch);
 * ```
 */
export function referenceDirection(
  spec: ModelSpec,
  { loss, rule, classWeights, ...training }: ReferenceOptions,
  params: ArrayLike<number>,
  batch: ReferenceBatch,
): ReferenceDirection {
  const model = toModel(spec);
  const trained = bindRule(rule, "rule", model.sets.rules);
  /** What each layer is given, then the last one's outputs; and the way back through each. */
  const values: Matrix[] = [batch.inputs];
  const backwards: ((gradient: Matrix) => ExplicitStep)[] = [];
  for (const plan of planLayers(model, { rule: trained, batchSize: batch.inputs.length })) {
    const { layer } = plan;
    const input = values.at(-1) ?? [];
    if (layer.activation === null) {
      const pass = { layer, params, input, training };
      const own = explicitLayer(layer);
      values.push(own.forward(pass));
      backwards.push((gradient) => own.backward(pass, gradient));
      continue;
    }
    const { value, slope } = formulaOf(layer.activation);
    const { z, backward } = linearPass(layer, params, input);
    values.push(z.map((row) => row.map(value)));
    backwards.push((gradient) =>
      backward(
        times(
          gradient,
          z.map((row) => row.map(slope)),
        ),
        (a, g) => directionOf(plan, { a, g, examples: input.length }),
      ),
    );
  }
  const outputs = values.at(-1) ?? [];
  const { value, gradient } = lossOf(bindLoss(loss, model.sets), outputs, { ...batch, classWeights });

  let direction: number[] = [];
  let outputGradient = gradient;
  for (const backward of backwards.toReversed()) {
    const step = backward(outputGradient);
    direction = [...step.direction, ...direction];
    outputGradient = step.inputGradient;
  }
  return { loss: value, outputs, direction };
}

/** D of a layer whose z is linear in its params. Throws RangeError for a rule of a user's own. */
function directionOf(
  { rule }: Pick<LayerPlan, "rule">,
  place: { readonly a: Matrix; readonly g: Matrix; readonly examples: number },
): Matrix {
  if (rule.spec.name === "backprop") return product(transpose(place.a), place.g);
  if (isProxProp(rule)) return proxDirection(rule.spec, place);
  throw new RangeError(`the reference does not know the rule "${rule.spec.name}"`);
}

function isProxProp(rule: Rule): rule is Rule<ProxPropRule> {
  return rule.spec.name === "proxprop";
}
