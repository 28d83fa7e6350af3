import { describeModel, lastLinear } from "../model/index.ts";
import type { Loss, ModelSpec, PlacedLayer } from "../model/index.ts";
import type { Arena } from "../runtime/index.ts";
import type { LoadedBatch } from "./batch-loader.ts";
import { customCalls } from "./custom-calls.ts";
import { customLayerOf } from "./custom-layer.ts";
import type { CustomLayers } from "./custom-layer.ts";
import { callsOfLayer } from "./layers/calls-of-layer.ts";
import { keepsPreactivations, momentsName, preactivationsName } from "./layers/layer-buffers.ts";
import type {
  KernelCall,
  LayerCalls,
  LayerContext,
  LayerMemory,
  Noise,
  ProxStep,
} from "./layers/layer-calls.ts";
import { lossCall } from "./loss-call.ts";
import type { UpdateRule } from "./options.ts";
import { activationsName, gradientName, proxSideOf } from "./plan-memory.ts";
import { ruleOf } from "./update-rules.ts";

/** One training step on a batch of a fixed number of rows, as lists of kernel calls: built once, run for each batch. */
export interface Step {
  /** inputs -> the last layer's activations, as at inference */
  readonly forward: readonly KernelCall[];
  /** The same in training: with batch moments and dropped values. */
  readonly trainingForward: readonly KernelCall[];
  /** -> the sum of weight x loss, and the gradient of the weighted mean in the last layer's gradient buffer */
  readonly loss: (batch: LoadedBatch) => number;
  /** -> the direction of the layers that train; nothing flows back beyond the first of them. */
  readonly backward: readonly KernelCall[];
  /** The same, layer by layer, each from its output's gradient. */
  readonly layers: readonly Pick<LayerCalls, "propagate" | "direction">[];
  /** Of the layers that keep something of their batches. */
  readonly memories: readonly (LayerMemory & { readonly layer: number })[];
}

export interface StepOptions {
  readonly loss: Loss;
  readonly rule: UpdateRule;
  readonly batchSize: number;
  /** Examples of the batches this step is for: batchSize, or fewer for a short last batch. */
  readonly rows: number;
  /** Default all layers. */
  readonly trainable?: readonly number[];
  readonly classWeights?: readonly number[];
  /** Default: no value is dropped. */
  readonly noise?: Noise;
  /** The code of all custom layers. */
  readonly customLayers?: CustomLayers;
}

export function buildStep(arena: Arena, model: ModelSpec, options: StepOptions): Step {
  const layers = describeModel(model);
  const { trainable = layers.map(({ index }) => index) } = options;
  const first = Math.min(...trainable);
  const calls = layers.map((layer) =>
    callsOfLayer(
      layer,
      placeLayer(arena, layer, {
        ...options,
        isFirst: layer.index === first,
        isLast: layer === lastLinear(layers),
        isFrozen: !trainable.includes(layer.index),
      }),
    ),
  );
  return {
    forward: calls.flatMap(({ forward }) => forward),
    trainingForward: calls.flatMap(({ forward, trainingForward }) => trainingForward ?? forward),
    loss: lossCall(arena, layers, options),
    // What flows on to earlier layers is the plain gradient: it is made before the prox step filters it.
    backward: [...calls.entries()]
      .slice(first)
      .toReversed()
      .flatMap(([index, { propagate, direction }]) =>
        trainable.includes(index)
          ? [...propagate, ...direction, ...customCalls(arena, layers, { ...options, index })]
          : propagate,
      ),
    layers: calls,
    memories: calls.flatMap(({ memory }, layer) => (memory === undefined ? [] : [{ ...memory, layer }])),
  };
}

interface Place {
  /** The first layer that trains. */
  readonly isFirst: boolean;
  /** The last layer whose params are linear in its input. */
  readonly isLast: boolean;
  readonly isFrozen: boolean;
}

function placeLayer(arena: Arena, layer: PlacedLayer, options: StepOptions & Place): LayerContext {
  const { index, params, spec } = layer;
  const { noise = null, customLayers } = options;
  const paramsOffset = 4 * (params[0]?.offset ?? 0);
  return {
    kernels: arena.kernels,
    rows: options.rows,
    input: arena.at(index === 0 ? "inputs" : activationsName(index - 1)),
    output: arena.at(activationsName(index)),
    preactivations: arena.at(keepsPreactivations(layer) ? preactivationsName(index) : activationsName(index)),
    outputGradient: arena.at(gradientName(index)),
    inputGradient: index === 0 || options.isFirst ? null : arena.at(gradientName(index - 1)),
    params: arena.at("params") + paramsOffset,
    direction: arena.at("direction") + paramsOffset,
    scratch: arena.at("scratch"),
    patches: arena.at("patches"),
    partial: arena.at("partial"),
    moments: spec.type === "batchNorm" ? arena.at(momentsName(index)) : 0,
    prox: proxStepOf(arena, layer, options),
    isFrozen: options.isFrozen,
    noise,
    custom: spec.type === "custom" ? customLayerOf(spec.name, customLayers) : null,
    view: arena.view,
  };
}

/** mean: (A^T A / n + I / tau) D = A^T G, multiplied by n. */
function proxStepOf(arena: Arena, layer: PlacedLayer, options: StepOptions & Place): ProxStep | null {
  const { rows } = options;
  const side = options.isFrozen ? null : proxSideOf(layer, options);
  const rule = ruleOf(layer, options);
  if (side === null || rule.name !== "proxprop") return null;
  const scale = rule.reduction === "mean" ? rows : 1;
  return {
    side,
    damping: scale / rule.tau,
    scale,
    gram: arena.at("gram"),
    right: arena.at("right"),
    work: arena.at("work"),
    cgIterations: rule.proxSolver === "cg" ? (rule.cgIterations ?? 1) : null,
  };
}
