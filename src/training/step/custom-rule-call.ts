import { completeLoss, lastLinear } from "../../model/index.ts";
import type { Loss, PlacedLayer } from "../../model/index.ts";
import type { Arena } from "../../runtime/index.ts";
import type { KernelCall, LayerContext } from "../layers/layer-calls.ts";
import type { UpdateRule } from "../options/types.ts";
import { ruleOf } from "../options/update-rules.ts";

interface CustomCallOptions {
  readonly arena: Arena;
  readonly layers: readonly PlacedLayer[];
  readonly rule: UpdateRule;
  readonly loss: Loss;
}

/** The call of a user-written rule on a layer's plain gradient; none where another rule is the layer's. */
export function customCalls(
  layer: PlacedLayer,
  { rows, input, params, direction, outputGradient }: LayerContext,
  { arena, layers, rule: trainerRule, loss }: CustomCallOptions,
): KernelCall[] {
  if (layer.params.length === 0) return [];
  const isLast = layer === lastLinear(layers);
  const rule = ruleOf(layer, { rule: trainerRule, isLast });
  if (rule.name !== "custom") return [];
  const { index, spec, inputSize, outputSize } = layer;
  // Params that are not trained lie behind those that are.
  const trained = layer.params.filter(({ isTrained }) => isTrained);
  const length = trained.reduce((sum, entry) => sum + entry.length, 0);
  const place = { index, type: spec.type, isLast, examples: rows, loss: completeLoss(loss).name };
  return [
    () =>
      rule.direction({
        ...place,
        direction: arena.view(direction, length),
        params: arena.view(params, length),
        inputs: arena.view(input, rows * inputSize),
        outputGradient: arena.view(outputGradient, rows * outputSize),
      }),
  ];
}
