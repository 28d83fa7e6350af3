import { describeModel, lastLinear } from "../../model/index.ts";
import type { Loss, ModelSpec, PlacedLayer } from "../../model/index.ts";
import type { Address, Arena } from "../../runtime/index.ts";
import { placeBackward } from "./backward-places.ts";
import type { BackwardPlace } from "./backward-places.ts";
import type { LoadedBatch } from "../batches/batch-loader.ts";
import { customCalls } from "./custom-rule-call.ts";
import { customLayerOf } from "../options/custom-layer.ts";
import type { CustomLayers } from "../options/custom-layer.ts";
import { callsOfLayer } from "../layers/calls-of-layer.ts";
import { denseDirection } from "../layers/dense-parts.ts";
import { keepsPreactivations, momentsName, preactivationsName } from "../layers/layer-buffers.ts";
import type {
  KernelCall,
  LayerContext,
  LayerDirection,
  LayerMemory,
  Noise,
  ProxStep,
} from "../layers/layer-calls.ts";
import { lossCall } from "./loss-call.ts";
import type { UpdateRule } from "../options/types.ts";
import { activationsName } from "./plan-memory.ts";
import { proxSideOf } from "../layers/prox-side.ts";
import { ruleOf } from "../options/update-rules.ts";

/** One training step on a batch of a fixed number of rows, as lists of kernel calls: built once, run for each batch. */
export interface Step {
  /** inputs -> the last layer's activations, as at inference */
  readonly forward: readonly KernelCall[];
  /** The same in training: with batch moments and dropped values. */
  readonly trainingForward: readonly KernelCall[];
  /** -> the sum of weight x loss, and the gradient of the weighted mean in the last layer's gradient buffer */
  readonly loss: (batch: LoadedBatch) => number;
  /** -> all that `directions` need; nothing flows back beyond the first layer that trains. */
  readonly backward: readonly KernelCall[];
  /** Of the layers that train, in order. */
  readonly directions: readonly LayerDirection[];
  /** dL/da -> G in its place, and dL/da of the input, layer by layer. */
  readonly propagate: readonly { readonly calls: readonly KernelCall[]; readonly outputGradient: Address }[];
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
  readonly clipNorm?: number;
  /** Default: no value is dropped. */
  readonly noise?: Noise;
  /** The code of all custom layers. */
  readonly customLayers?: CustomLayers;
}

export function buildStep(arena: Arena, model: ModelSpec, options: StepOptions): Step {
  const layers = describeModel(model);
  const { trainable = layers.map(({ index }) => index) } = options;
  const first = Math.min(...trainable);
  const { places } = placeBackward(layers, options);
  const placed = layers.map((layer) => {
    const { index } = layer;
    const context = placeLayer(arena, layer, {
      ...options,
      places,
      isFirst: index === first,
      isLast: layer === lastLinear(layers),
      isFrozen: !trainable.includes(index),
    });
    return { layer, context, calls: callsOfLayer(layer, context) };
  });
  const trained = placed.filter(
    ({ layer: { index, params } }) => trainable.includes(index) && params.length > 0,
  );
  return {
    forward: placed.flatMap(({ calls: { forward } }) => forward),
    trainingForward: placed.flatMap(({ calls: { forward, trainingForward } }) => trainingForward ?? forward),
    loss: lossCall(arena, layers, { ...options, gradient: placed.at(-1)?.context.outputGradient ?? 0 }),
    // What flows on to earlier layers is the plain gradient: it is made before the prox step filters it.
    backward: placed
      .slice(first)
      .toReversed()
      .flatMap(({ layer, context, calls: { propagate, direction } }) =>
        context.isFrozen
          ? propagate
          : [...propagate, ...direction, ...customCalls(layer, context, { ...options, arena, layers })],
      ),
    directions: trained.map(({ layer, context }) =>
      context.isInParts ? denseDirection(layer, context) : wholeDirection(layer, context),
    ),
    propagate: placed.map(({ calls: { propagate }, context: { outputGradient } }) => ({
      calls: propagate,
      outputGradient,
    })),
    memories: placed.flatMap(({ layer: { index }, calls: { memory } }) =>
      memory === undefined ? [] : [{ ...memory, layer: index }],
    ),
  };
}

interface Place {
  readonly places: readonly BackwardPlace[];
  /** The first layer that trains. */
  readonly isFirst: boolean;
  /** The last layer whose params are linear in its input. */
  readonly isLast: boolean;
  readonly isFrozen: boolean;
}

function placeLayer(arena: Arena, layer: PlacedLayer, options: StepOptions & Place): LayerContext {
  const { index, params, spec } = layer;
  const { noise = null, customLayers, places } = options;
  const { direction = null, isInParts = false } = places[index] ?? {};
  const gradientOf = (of: number): Address => arena.at(places[of]?.gradient ?? "");
  return {
    kernels: arena.kernels,
    rows: options.rows,
    input: arena.at(index === 0 ? "inputs" : activationsName(index - 1)),
    output: arena.at(activationsName(index)),
    preactivations: arena.at(keepsPreactivations(layer) ? preactivationsName(index) : activationsName(index)),
    outputGradient: gradientOf(index),
    inputGradient: index === 0 || options.isFirst ? null : gradientOf(index - 1),
    params: arena.at("params") + 4 * (params[0]?.offset ?? 0),
    direction: arena.at("direction") + 4 * (direction ?? 0),
    isInParts,
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

/** Of a layer whose direction lies in the buffer. Params that are not trained lie behind those that are. */
function wholeDirection(layer: PlacedLayer, { kernels, direction }: LayerContext): LayerDirection {
  const trained = layer.params.filter(({ isTrained }) => isTrained);
  const length = trained.reduce((sum, entry) => sum + entry.length, 0);
  const offset = layer.params[0]?.offset ?? 0;
  return {
    layer,
    bound: () => kernels.largestMagnitude(length, direction),
    parts: [{ make: [], direction, rows: 1, columns: length, offset, stride: 0 }],
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
