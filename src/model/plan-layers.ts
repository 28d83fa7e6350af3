import type { LayerMatrix, PlacedLayer } from "../kinds/layer-type.ts";
import type { ProxSide } from "../kinds/layer-calls.ts";
import type { Rule, RuleState } from "../kinds/rule-type.ts";
import { bindRule } from "./model.ts";
import type { Model } from "./model.ts";

/** All that is decided about a layer before anything runs: the memory plan, the step, statistics and tfjs read it here. */
export interface LayerPlan {
  readonly layer: PlacedLayer;
  readonly rule: Rule;
  readonly isTrained: boolean;
  /** The last layer whose z is linear in its params: the one that an update rule's `lastLayer` speaks of. */
  readonly isLast: boolean;
  /** Null for a layer whose z is not linear in its params. */
  readonly matrix: LayerMatrix | null;
  /** Chosen for the full batch and kept for a short one; null: no system is solved. */
  readonly side: ProxSide | null;
  /** Iterations of conjugate gradients on that system; null: it is solved exactly. */
  readonly cgIterations: number | null;
  /** What the rule keeps for the layer. */
  readonly state: readonly RuleState[];
  /** The buffer of dL/da of the layer's output, then of G. */
  readonly gradient: string;
  /** Where its direction begins in the buffer `direction`, in values; "in parts": it is made of A and G when the optimizer is to have it; null: there is none. */
  readonly direction: number | "in parts" | null;
}

export interface PlanOptions {
  /** The trainer's rule. */
  readonly rule: Rule;
  readonly batchSize: number;
  /** Indices of the layers that train. Default all. */
  readonly trainable?: readonly number[];
  /** The norm of all directions comes before any of them is applied: all lie there whole. */
  readonly clipNorm?: number;
}

/** A plan per layer, in order. */
export function planLayers(model: Model, { rule, batchSize, trainable, clipNorm }: PlanOptions): LayerPlan[] {
  const { placed, sets } = model;
  const last = placed.findLast(({ type }) => type.linear !== undefined);
  let directionLength = 0;
  return placed.map((layer) => {
    const { index, params, spec, type } = layer;
    const isTrained = params.length > 0 && trainable?.includes(index) !== false;
    const isLast = layer === last;
    const matrix = type.linear?.matrix(layer, batchSize) ?? null;
    const own = "rule" in spec ? bindRule(spec.rule, `layers[${index}].rule`, sets.rules) : null;
    const chosen = own ?? (isLast ? (rule.type.onLastLayer?.(rule.spec) ?? rule) : rule);
    const place = { layer, isLast };
    const side =
      isTrained && matrix !== null ? (chosen.type.side?.(chosen.spec, { ...place, matrix }) ?? null) : null;
    const isInParts =
      isTrained &&
      type.linear?.parts !== undefined &&
      clipNorm === undefined &&
      chosen.type.isProduct?.(chosen.spec, side) === true;
    const isWhole = !isInParts && params.length > 0 && (isTrained || type.alwaysWritesDirection === true);
    const direction = isInParts ? "in parts" : isWhole ? directionLength : null;
    if (isWhole) for (const { length } of params) directionLength += length;
    return {
      layer,
      rule: chosen,
      isTrained,
      isLast,
      matrix,
      side,
      cgIterations: chosen.type.cgIterations?.(chosen.spec) ?? null,
      state: isTrained ? (chosen.type.state?.(chosen.spec, { ...place, matrix }) ?? []) : [],
      // At most two neighbouring layers' gradients are live at a time, so even and odd layers share two buffers; those
      // that a direction is still made of stay.
      gradient: isInParts ? `gradients.${index}` : `gradients.${index % 2 === 0 ? "even" : "odd"}`,
      direction,
    };
  });
}

/** The buffer, and the tensor of a checkpoint, in which a rule keeps `name` for a layer. */
export function ruleStateName(layer: number, name: string): string {
  return `layers.${layer}.rule.${name}`;
}
