import { EdgepropError } from "../errors.ts";
import type { OptimizerSpec } from "../kinds/optimizer-type.ts";
import { bindOptimizer } from "../training/index.ts";
import type { Model } from "../model/index.ts";
import { createArena, planBuffers } from "../runtime/index.ts";
import { buildOptimizer } from "../training/step/apply-direction.ts";
import { optimizerBuffers } from "../training/step/plan-memory.ts";

export interface OptimizerStep {
  readonly params: Float32Array;
  /** What the optimizer keeps, as the last step gave it; empty before the first. */
  readonly state: Float32Array;
}

/** An optimizer outside a trainer: the server's side of `minibatch` mode. Keeps nothing between calls. */
export interface DirectionOptimizer {
  /** `step` from 1. Throws `non-finite` when a param, or its state, would not be a finite number. */
  apply(before: OptimizerStep, direction: Float32Array, step: number): OptimizerStep;
}

/**
 * The optimizer's steps along directions that come from elsewhere. Throws `bad-option` or `unsupported`.
 *
 * @example
 * ```ts
 * const optimizer = createDirectionOptimizer(loadKernels(), model, sgd({ learningRate: 0.1 }));
 * const before = { params: await trainer.getParams(), state: new Float32Array() };
 * const { params, state } = optimizer.apply(before, new Float32Array(model.numParams), 1);
 * ```
 */
export function createDirectionOptimizer(
  module: WebAssembly.Module,
  { sets, numParams }: Model,
  spec: OptimizerSpec,
): DirectionOptimizer {
  const optimizer = bindOptimizer(spec, sets);
  const names = optimizerBuffers(optimizer);
  const bytes = 4 * numParams;
  const arena = createArena(
    module,
    planBuffers(["params", "direction", ...names].map((name) => ({ name, bytes }))),
  );
  const { kernels } = arena;
  const applyDirection = buildOptimizer(arena, optimizer, [
    { make: [], direction: arena.at("direction"), rows: 1, columns: numParams, offset: 0, stride: 0 },
  ]);

  return {
    apply({ params, state }, direction, step) {
      arena.floats("params").set(params);
      arena.floats("direction").set(direction);
      for (const [index, name] of names.entries()) {
        const part = state.subarray(index * numParams, (index + 1) * numParams);
        arena.floats(name).fill(0);
        arena.floats(name).set(part);
      }
      const areParamsFinite = applyDirection(step, optimizer.spec.learningRate);
      const isStateFinite = names.every((name) => kernels.firstNonFinite(numParams, arena.at(name)) < 0);
      if (!areParamsFinite || !isStateFinite) {
        throw new EdgepropError(
          "non-finite",
          `a param, or what the optimizer keeps of it, is not finite after step ${step}; lower learningRate or tau`,
        );
      }
      const next = new Float32Array(names.length * numParams);
      for (const [index, name] of names.entries()) next.set(arena.floats(name), index * numParams);
      return { params: arena.floats("params").slice(), state: next };
    },
  };
}
