import type { KernelCall, LayerCalls, LayerContext } from "../../kinds/layer-calls.ts";
import type { RuleValues } from "../../kinds/rule-type.ts";
import { ruleStateName } from "../../model/index.ts";
import type { LayerPlan } from "../../model/index.ts";
import type { Arena } from "../../runtime/index.ts";
import { nextStateName } from "./plan-memory.ts";

/** What a layer's rule does in a step. */
export interface RuleCalls {
  /** G -> the direction, or G filtered where the direction is made in parts. */
  readonly direction: readonly KernelCall[];
  /** Once the step has succeeded. */
  readonly keep: readonly KernelCall[];
}

interface RulePlaces {
  readonly context: LayerContext;
  readonly calls: LayerCalls;
}

export function buildRule(arena: Arena, plan: LayerPlan, { context, calls }: RulePlaces): RuleCalls {
  const { layer, rule, side, cgIterations, state, matrix, isLast } = plan;
  const { kernels } = arena;
  const kept = state.map(({ name, length }) => ({
    length,
    before: arena.at(ruleStateName(layer.index, name)),
    next: arena.at(nextStateName(layer.index, name)),
  }));
  const direction = rule.type.direction(rule.spec, {
    layer,
    matrix,
    isLast,
    side,
    examples: context.rows,
    gradient: () => calls.direction?.(null) ?? [],
    solution: (system) =>
      calls.direction?.(
        side === null
          ? null
          : {
              ...system,
              side,
              cgIterations,
              gram: arena.at("gram"),
              right: arena.at("right"),
              work: arena.at("work"),
            },
      ) ?? [],
    values: () => valuesOf(arena, plan, context),
  });
  return {
    direction: [
      // A rule writes the next state: that of before stays until the step has succeeded.
      ...kept.map(
        ({ length, before, next }) =>
          () =>
            kernels.copy(length, before, next),
      ),
      ...direction,
    ],
    keep: kept.map(
      ({ length, before, next }) =>
        () =>
          kernels.copy(length, next, before),
    ),
  };
}

/** Params that are not trained lie behind those that are. */
function valuesOf(
  { view, at }: Arena,
  { layer, state }: LayerPlan,
  { rows, input, params, direction, outputGradient }: LayerContext,
): RuleValues {
  const { index, inputSize, outputSize } = layer;
  const length = layer.params.reduce((sum, entry) => sum + (entry.isTrained ? entry.length : 0), 0);
  return {
    direction: view(direction, length),
    params: view(params, length),
    inputs: view(input, rows * inputSize),
    outputGradient: view(outputGradient, rows * outputSize),
    state: Object.fromEntries(
      state.map((kept) => [kept.name, view(at(nextStateName(index, kept.name)), kept.length)]),
    ),
  };
}
