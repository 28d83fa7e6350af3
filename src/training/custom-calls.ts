import { completeLoss, lastLinear } from "../model/index.ts";
import type { Loss, PlacedLayer } from "../model/index.ts";
import type { Arena } from "../runtime/index.ts";
import type { KernelCall } from "./layers/layer-calls.ts";
import type { UpdateRule } from "./options.ts";
import { activationsName, gradientName } from "./plan-memory.ts";
import { ruleOf } from "./update-rules.ts";

interface CustomCallOptions {
  readonly rule: UpdateRule;
  readonly loss: Loss;
  readonly rows: number;
  readonly index: number;
}

/** The call of a user-written rule on a layer's plain gradient; none where another rule is the layer's. */
export function customCalls(
  arena: Arena,
  layers: readonly PlacedLayer[],
  { rule: trainerRule, loss, rows, index }: CustomCallOptions,
): KernelCall[] {
  const layer = layers[index];
  if (layer === undefined || layer.params.length === 0) return [];
  const isLast = layer === lastLinear(layers);
  const rule = ruleOf(layer, { rule: trainerRule, isLast });
  if (rule.name !== "custom") return [];
  const begin = layer.params[0]?.offset ?? 0;
  // Params that are not trained lie behind those that are.
  const trained = layer.params.filter(({ isTrained }) => isTrained);
  const end = begin + trained.reduce((sum, { length }) => sum + length, 0);
  const place = { index, type: layer.spec.type, isLast, examples: rows, loss: completeLoss(loss).name };
  const inputs = index === 0 ? "inputs" : activationsName(index - 1);
  return [
    () =>
      rule.direction({
        ...place,
        direction: arena.floats("direction").subarray(begin, end),
        params: arena.floats("params").subarray(begin, end),
        inputs: arena.floats(inputs).subarray(0, rows * layer.inputSize),
        outputGradient: arena.floats(gradientName(index)).subarray(0, rows * layer.outputSize),
      }),
  ];
}
