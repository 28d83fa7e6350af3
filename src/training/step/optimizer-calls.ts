import type { Address, Arena } from "../../runtime/index.ts";
import { runCalls } from "../layers/layer-calls.ts";
import type { DirectionPart } from "../layers/layer-calls.ts";
import type { Optimizer } from "../options/types.ts";

/** Applies the direction as the given step, from 1, at learningRate x rateFactor; false when a param is no longer finite. */
export type ApplyDirection = (step: number, rateFactor: number) => boolean;

/** Over these parts, made one after the other; what lies outside stays as it is. */
export function buildOptimizer(
  arena: Arena,
  optimizer: Optimizer,
  parts: readonly DirectionPart[],
): ApplyDirection {
  const calls = parts.map((part) => ({ make: part.make, apply: optimizerCall(arena, optimizer, part) }));
  return (step, rateFactor) => {
    let areFinite = true;
    for (const { make, apply } of calls) {
      runCalls(make);
      if (!apply(step, rateFactor)) areFinite = false;
    }
    return areFinite;
  };
}

function optimizerCall(
  arena: Arena,
  optimizer: Optimizer,
  { direction, rows, columns, offset, stride }: DirectionPart,
): ApplyDirection {
  const { kernels } = arena;
  const at = (name: string): Address => arena.at(name) + 4 * offset;
  const params = at("params");
  const { learningRate, weightDecay } = optimizer;
  switch (optimizer.name) {
    case "sgd": {
      if (optimizer.momentum === 0)
        return (_, factor) =>
          kernels.sgd(rows, columns, stride, learningRate * factor, weightDecay, direction, params) === 1;
      const velocity = at("optimizer.velocity");
      const isNesterov = optimizer.nesterov ? 1 : 0;
      return (_, factor) =>
        kernels.momentum(
          rows,
          columns,
          stride,
          learningRate * factor,
          optimizer.momentum,
          isNesterov,
          weightDecay,
          direction,
          velocity,
          params,
        ) === 1;
    }
    case "adam":
    case "adamw": {
      const { beta1, beta2, epsilon } = optimizer;
      const [m, v] = [at("optimizer.moment1"), at("optimizer.moment2")];
      return (step, factor) =>
        kernels[optimizer.name](
          rows,
          columns,
          stride,
          learningRate * factor,
          beta1,
          beta2,
          epsilon,
          weightDecay,
          step,
          direction,
          m,
          v,
          params,
        ) === 1;
    }
    case "rmsprop": {
      const { decay, epsilon } = optimizer;
      const squares = at("optimizer.squares");
      return (_, factor) =>
        kernels.rmsprop(
          rows,
          columns,
          stride,
          learningRate * factor,
          decay,
          epsilon,
          weightDecay,
          direction,
          squares,
          params,
        ) === 1;
    }
    case "adagrad": {
      const squares = at("optimizer.squares");
      return (_, factor) =>
        kernels.adagrad(
          rows,
          columns,
          stride,
          learningRate * factor,
          optimizer.epsilon,
          weightDecay,
          direction,
          squares,
          params,
        ) === 1;
    }
    default:
      return optimizer satisfies never;
  }
}
