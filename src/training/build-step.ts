import { describeModel } from "../model/index.ts";
import type { Loss, ModelSpec, PlacedLayer } from "../model/index.ts";
import type { Arena } from "../runtime/index.ts";
import { denseCalls } from "./layers/dense-calls.ts";
import type { KernelCall, LayerCalls, LayerContext, ProxStep } from "./layers/layer-calls.ts";
import type { Optimizer, UpdateRule } from "./options.ts";
import { activationsName, gradientName, proxSideOf } from "./plan-memory.ts";

/** One training step on a batch of a fixed number of rows, as lists of kernel calls: built once, run for each batch. */
export interface Step {
  /** inputs -> the last layer's activations */
  readonly forward: readonly KernelCall[];
  /** -> the sum of the examples' losses, and the gradient of their mean in the last layer's gradient buffer */
  readonly loss: () => number;
  /** -> the direction */
  readonly backward: readonly KernelCall[];
  /** The same, layer by layer, each from its output's gradient. */
  readonly layers: readonly Omit<LayerCalls, "forward">[];
}

export interface StepOptions {
  readonly loss: Loss;
  readonly rule: UpdateRule;
  readonly batchSize: number;
  /** Examples of the batches this step is for: batchSize, or fewer for a short last batch. */
  readonly rows: number;
}

export function buildStep(arena: Arena, model: ModelSpec, options: StepOptions): Step {
  const layers = describeModel(model);
  const calls = layers.map((layer) =>
    layerCalls(layer, placeLayer(arena, layer, { ...options, isLast: layer === layers.at(-1) })),
  );
  return {
    forward: calls.flatMap(({ forward }) => forward),
    loss: lossCall(arena, layers, options),
    // What flows on to earlier layers is the plain gradient: it is made before the prox step filters it.
    backward: calls.toReversed().flatMap(({ propagate, direction }) => [...propagate, ...direction]),
    layers: calls,
  };
}

function layerCalls(layer: PlacedLayer, context: LayerContext): LayerCalls {
  switch (layer.spec.type) {
    case "dense":
      return denseCalls(layer.spec, layer, context);
    default:
      return layer.spec.type satisfies never;
  }
}

function placeLayer(
  arena: Arena,
  layer: PlacedLayer,
  options: StepOptions & { readonly isLast: boolean },
): LayerContext {
  const { index, params } = layer;
  const paramsOffset = 4 * (params[0]?.offset ?? 0);
  return {
    kernels: arena.kernels,
    rows: options.rows,
    input: arena.at(index === 0 ? "inputs" : activationsName(index - 1)),
    output: arena.at(activationsName(index)),
    outputGradient: arena.at(gradientName(index)),
    inputGradient: index === 0 ? null : arena.at(gradientName(index - 1)),
    params: arena.at("params") + paramsOffset,
    direction: arena.at("direction") + paramsOffset,
    scratch: arena.at("scratch"),
    prox: proxStepOf(arena, layer, options),
  };
}

/** mean: (A^T A / n + I / tau) D = A^T G, multiplied by n. */
function proxStepOf(
  arena: Arena,
  layer: PlacedLayer,
  options: StepOptions & { readonly isLast: boolean },
): ProxStep | null {
  const { rule, rows } = options;
  const side = proxSideOf(layer, options);
  if (side === null || rule.name === "backprop") return null;
  const scale = rule.reduction === "mean" ? rows : 1;
  return { side, damping: scale / rule.tau, scale, gram: arena.at("gram"), right: arena.at("right") };
}

function lossCall(arena: Arena, layers: readonly PlacedLayer[], { loss, rows }: StepOptions): () => number {
  const { kernels } = arena;
  const last = layers.length - 1;
  const columns = layers[last]?.outputSize ?? 0;
  const outputs = arena.at(activationsName(last));
  const gradient = arena.at(gradientName(last));
  const targets = arena.at("targets");
  switch (loss) {
    case "softmaxCrossEntropy":
      return () => kernels.softmaxCrossEntropy(rows, columns, outputs, targets, gradient);
    case "sigmoidCrossEntropy":
      return () => kernels.sigmoidCrossEntropy(rows, columns, outputs, targets, gradient);
    case "meanSquaredError":
      return () => kernels.meanSquaredError(rows, columns, outputs, targets, gradient);
    default:
      return loss satisfies never;
  }
}

/** Applies the direction as the given step, from 1; false when a param is no longer finite. */
export type ApplyDirection = (step: number) => boolean;

export function buildOptimizer(arena: Arena, optimizer: Optimizer, count: number): ApplyDirection {
  const { kernels } = arena;
  const params = arena.at("params");
  const direction = arena.at("direction");
  const { learningRate, weightDecay } = optimizer;
  switch (optimizer.name) {
    case "sgd": {
      if (optimizer.momentum === 0)
        return () => kernels.sgd(count, learningRate, weightDecay, direction, params) === 1;
      const velocity = arena.at("optimizer.velocity");
      const isNesterov = optimizer.nesterov ? 1 : 0;
      return () =>
        kernels.momentum(
          count,
          learningRate,
          optimizer.momentum,
          isNesterov,
          weightDecay,
          direction,
          velocity,
          params,
        ) === 1;
    }
    case "adam": {
      const { beta1, beta2, epsilon } = optimizer;
      const [m, v] = [arena.at("optimizer.moment1"), arena.at("optimizer.moment2")];
      return (step) =>
        kernels.adam(
          count,
          learningRate,
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
    default:
      return optimizer satisfies never;
  }
}
