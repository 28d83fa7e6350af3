import { runCalls } from "../../kinds/layer-calls.ts";
import type { DirectionPart } from "../../kinds/layer-calls.ts";
import type { Optimizer, OptimizerCall } from "../../kinds/optimizer-type.ts";
import type { Arena } from "../../runtime/index.ts";
import { optimizerBuffers } from "./plan-memory.ts";

/** Applies these parts, made one after the other; what lies outside stays as it is. False when a param is no longer finite. */
export function buildOptimizer(
  arena: Arena,
  { type, spec }: Optimizer,
  parts: readonly DirectionPart[],
): OptimizerCall {
  const { kernels, view } = arena;
  const buffers = optimizerBuffers({ type, spec });
  const calls = parts.map(({ make, direction, rows, columns, offset, stride }) => {
    const at = (name: string): number => arena.at(name) + 4 * offset;
    const [params, state] = [at("params"), buffers.map(at)];
    return {
      make,
      apply: type.call(spec, { kernels, rows, columns, stride, direction, params, state, view }),
    };
  });
  return (step, learningRate) => {
    let areFinite = true;
    for (const { make, apply } of calls) {
      runCalls(make);
      if (!apply(step, learningRate)) areFinite = false;
    }
    return areFinite;
  };
}
