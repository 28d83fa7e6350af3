import { EdgepropError } from "../errors.ts";
import type { PlacedLayer } from "../kinds/layer-type.ts";
import type { RuleSpec } from "../kinds/rule-type.ts";
import { bindRule, planLayers } from "../model/index.ts";
import type { LayerPlan, Model } from "../model/index.ts";

/** Where a layer's statistics lie in the flat int64 sums. */
export interface LayerStatistics {
  readonly plan: LayerPlan;
  /** (in + 1)(in + 2) / 2 values: the lower triangle of [a, 1]^T [a, 1]; null where the layer's step is explicit. */
  readonly gram: StatisticsTensor | null;
  /** (in + 1, out): [a, 1]^T G. */
  readonly right: StatisticsTensor;
}

export interface StatisticsTensor {
  /** As in "layers.0.gram". */
  readonly name: string;
  readonly shape: readonly number[];
  /** In values. */
  readonly offset: number;
  readonly length: number;
}

/**
 * Whether the exchange "statistics" can have the layer: it has A^T A and A^T G, which are sums over examples, or it has
 * no params and treats every example alike, whatever shard it is in.
 *
 * @example console.log(model.placed.every(hasStatistics)); // true
 */
export function hasStatistics({ type, params }: Pick<PlacedLayer, "type" | "params">): boolean {
  return type.linear?.hasStatistics === true || (type.isPerExample && params.length === 0);
}

/** What `exchange: "statistics"` sends for a model under an update rule, in order. */
export function statisticsLayout(model: Model, rule: RuleSpec): LayerStatistics[] {
  const unknown = model.placed.find((layer) => !hasStatistics(layer));
  if (unknown !== undefined) {
    const { index, spec, params } = unknown;
    const keepsBatches = params.some(({ isTrained }) => !isTrained);
    throw new EdgepropError(
      "unsupported",
      `layers[${index}] is a ${spec.type} layer; the exchange "statistics" is for dense layers, take ${keepsBatches ? 'mode "federated"' : '"direction"'}`,
    );
  }
  const plans = planLayers(model, { rule: bindRule(rule, "rule", model.sets.rules), batchSize: 1 });
  let offset = 0;
  function place(name: string, shape: readonly number[]): StatisticsTensor {
    const length = shape.reduce((product, size) => product * size, 1);
    const tensor = { name, shape, offset, length };
    offset += length;
    return tensor;
  }
  return plans
    .filter(({ isTrained }) => isTrained)
    .map((plan) => {
      const { index, inputSize, outputSize } = plan.layer;
      const { type, spec } = plan.rule;
      if (plan.side === null && type.isProduct?.(spec, null) !== true) {
        throw new EdgepropError(
          "unsupported",
          `the rule ${spec.name} needs the values of a whole batch; take the exchange "direction"`,
        );
      }
      const triangle = ((inputSize + 1) * (inputSize + 2)) / 2;
      return {
        plan,
        gram: plan.side === null ? null : place(`layers.${index}.gram`, [triangle]),
        right: place(`layers.${index}.right`, [inputSize + 1, outputSize]),
      };
    });
}

/**
 * The same as a plain list of tensors.
 *
 * @example const names = statisticsTensors(model, proxProp({ tau: 1 })).map(({ name }) => name);
 */
export function statisticsTensors(model: Model, rule: RuleSpec): StatisticsTensor[] {
  return statisticsLayout(model, rule).flatMap(({ gram, right }) =>
    gram === null ? [right] : [gram, right],
  );
}

export function countStatistics(model: Model, rule: RuleSpec): number {
  return statisticsTensors(model, rule).reduce((sum, { length }) => sum + length, 0);
}
