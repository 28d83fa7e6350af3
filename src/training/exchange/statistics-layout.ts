import { EdgepropError } from "../../errors.ts";
import { describeModel, lastLinear } from "../../model/index.ts";
import type { LayerSpec, ModelSpec, PlacedLayer, RuleSpec } from "../../model/index.ts";
import { ruleOf } from "../options/update-rules.ts";

/** Where a layer's statistics lie in the flat int64 sums. */
export interface LayerStatistics {
  readonly layer: PlacedLayer;
  /** Of this very layer. */
  readonly rule: RuleSpec;
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

/** What `exchange: "statistics"` sends for a model under an update rule, in order. */
export function statisticsLayout(model: ModelSpec, rule: RuleSpec): LayerStatistics[] {
  const placed = describeModel(model);
  const layers = placed.filter(({ params }) => params.length > 0);
  const unknown = placed.find(
    ({ spec, params }) => spec.type !== "dense" && (params.length > 0 || isOfBatch(spec)),
  );
  if (unknown !== undefined) {
    throw new EdgepropError(
      "unsupported",
      `layers[${unknown.index}] is a ${unknown.spec.type} layer; the exchange "statistics" is for dense layers, take ${unknown.spec.type === "batchNorm" ? 'mode "federated"' : '"direction"'}`,
    );
  }
  const last = lastLinear(layers);
  let offset = 0;
  function place(name: string, shape: readonly number[]): StatisticsTensor {
    const length = shape.reduce((product, size) => product * size, 1);
    const tensor = { name, shape, offset, length };
    offset += length;
    return tensor;
  }
  return layers.map((layer) => {
    const { index, inputSize, outputSize } = layer;
    const own = ruleOf(layer, { rule, isLast: layer === last });
    const isProx = own.name === "proxprop";
    return {
      layer,
      rule: own,
      gram: isProx ? place(`layers.${index}.gram`, [((inputSize + 1) * (inputSize + 2)) / 2]) : null,
      right: place(`layers.${index}.right`, [inputSize + 1, outputSize]),
    };
  });
}

/** Whether what the layer does to an example depends on the shard it is in; of a user's code nobody knows. */
function isOfBatch({ type }: LayerSpec): boolean {
  return type === "dropout" || type === "custom";
}

/** The same as a plain list of tensors. */
export function statisticsTensors(model: ModelSpec, rule: RuleSpec): StatisticsTensor[] {
  return statisticsLayout(model, rule).flatMap(({ gram, right }) =>
    gram === null ? [right] : [gram, right],
  );
}

export function countStatistics(model: ModelSpec, rule: RuleSpec): number {
  return statisticsTensors(model, rule).reduce((sum, { length }) => sum + length, 0);
}
