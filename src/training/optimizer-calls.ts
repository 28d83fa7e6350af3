import type { Address, Arena } from "../runtime/index.ts";
import type { Optimizer } from "./options.ts";
import type { ParamRange } from "./trainable.ts";

/** Applies the direction as the given step, from 1, at learningRate x rateFactor; false when a param is no longer finite. */
export type ApplyDirection = (step: number, rateFactor: number) => boolean;

/** Over these ranges of the flat params; what lies outside stays as it is. */
export function buildOptimizer(
  arena: Arena,
  optimizer: Optimizer,
  ranges: readonly ParamRange[],
): ApplyDirection {
  const calls = ranges.map((range) => optimizerCall(arena, optimizer, range));
  return (step, rateFactor) => calls.map((apply) => apply(step, rateFactor)).every((isFinite) => isFinite);
}

function optimizerCall(
  arena: Arena,
  optimizer: Optimizer,
  { offset, length: count }: ParamRange,
): ApplyDirection {
  const { kernels } = arena;
  const at = (name: string): Address => arena.at(name) + 4 * offset;
  const [params, direction] = [at("params"), at("direction")];
  const { learningRate, weightDecay } = optimizer;
  switch (optimizer.name) {
    case "sgd": {
      if (optimizer.momentum === 0)
        return (_, factor) => kernels.sgd(count, learningRate * factor, weightDecay, direction, params) === 1;
      const velocity = at("optimizer.velocity");
      const isNesterov = optimizer.nesterov ? 1 : 0;
      return (_, factor) =>
        kernels.momentum(
          count,
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
          count,
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
          count,
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
          count,
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
