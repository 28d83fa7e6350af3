import type {
  KernelCall,
  LayerCalls,
  LayerContext,
  LayerDirection,
  LayerMemory,
  LoadedBatch,
  Noise,
} from "../../kinds/layer-calls.ts";
import type { PlacedLayer } from "../../kinds/layer-type.ts";
import type { BoundLoss } from "../../kinds/loss-type.ts";
import type { LayerPlan, Model } from "../../model/index.ts";
import type { Address, Arena } from "../../runtime/index.ts";
import { activationsName, ownName, preactivationsName } from "./plan-memory.ts";
import { buildRule } from "./rule-calls.ts";
import type { RuleCalls } from "./rule-calls.ts";

/** What a batch of a fixed number of rows does, as lists of kernel calls: built once, run for each batch. */
export interface Passes {
  /** inputs -> the last layer's activations, as at inference */
  readonly forward: readonly KernelCall[];
  /** The same in training: with batch moments and dropped values. */
  readonly trainingForward: readonly KernelCall[];
  /** -> the sum of weight x loss, and the gradient of the weighted mean in the last layer's gradient buffer */
  readonly loss: (batch: LoadedBatch) => number;
}

export interface Step extends Passes {
  /** -> all that `directions` need; nothing flows back beyond the first layer that trains. */
  readonly backward: readonly KernelCall[];
  /** For each layer that trains, in order. */
  readonly directions: readonly (LayerDirection & { readonly layer: PlacedLayer })[];
  /** dL/da -> G in its place, and dL/da of the input, layer by layer. */
  readonly propagate: readonly { readonly calls: readonly KernelCall[]; readonly outputGradient: Address }[];
  /** For each layer that keeps something of its batches. */
  readonly memories: readonly (LayerMemory & { readonly layer: number })[];
  /** Once the step has succeeded: what rules keep becomes what the step has left. */
  readonly keepState: readonly KernelCall[];
}

export interface PassOptions {
  readonly loss: BoundLoss;
  /** Examples of the batches this is for: the batch size, or fewer for a short last batch. */
  readonly rows: number;
  readonly classWeights?: readonly number[];
}

export interface StepOptions extends PassOptions {
  readonly plans: readonly LayerPlan[];
  /** Default: no value is dropped. */
  readonly noise?: Noise;
}

/** What prediction and evaluation run. */
export function buildPasses(arena: Arena, model: Model, options: PassOptions): Passes {
  const placed = model.placed.map((layer) => {
    const context: LayerContext = {
      ...forwardContext(arena, layer, options.rows),
      outputGradient: 0,
      inputGradient: null,
      direction: 0,
      isInParts: false,
      isFrozen: true,
      noise: null,
    };
    return layer.type.calls(layer, context);
  });
  return passesOf(placed, lossCall(arena, model, { ...options, gradient: arena.at("gradients.outputs") }));
}

export function buildStep(arena: Arena, model: Model, options: StepOptions): Step {
  const { plans } = options;
  const first = plans.findIndex(({ isTrained }) => isTrained);
  const placed = plans.map((plan) => {
    const context = placeLayer(arena, plan, { ...options, isFirst: plan.layer.index === first });
    const calls = plan.layer.type.calls(plan.layer, context);
    const rule = plan.isTrained ? buildRule(arena, plan, { context, calls }) : null;
    return { plan, layer: plan.layer, context, calls, rule };
  });
  const trained = placed.filter(({ plan: { isTrained } }) => isTrained);
  const gradient = placed.at(-1)?.context.outputGradient ?? 0;
  return {
    ...passesOf(
      placed.map(({ calls }) => calls),
      lossCall(arena, model, { ...options, gradient }),
    ),
    // What flows on to earlier layers is the plain gradient: it is made before the prox step filters it.
    backward: placed
      .slice(Math.max(0, first))
      .toReversed()
      .flatMap(({ calls: { propagate }, rule }) => [...propagate, ...(rule?.direction ?? [])]),
    directions: trained.map(({ plan, context }) => directionOf(plan, context)),
    propagate: placed.map(({ calls: { propagate }, context: { outputGradient } }) => ({
      calls: propagate,
      outputGradient,
    })),
    memories: placed.flatMap(({ layer: { index }, calls: { memory } }) =>
      memory === undefined ? [] : [{ ...memory, layer: index }],
    ),
    keepState: placed.flatMap(
      ({ rule }): readonly KernelCall[] => (rule satisfies RuleCalls | null)?.keep ?? [],
    ),
  };
}

function passesOf(calls: readonly LayerCalls[], loss: Passes["loss"]): Passes {
  return {
    forward: calls.flatMap(({ forward }) => forward),
    trainingForward: calls.flatMap(({ forward, trainingForward }) => trainingForward ?? forward),
    loss,
  };
}

type Backward = "outputGradient" | "inputGradient" | "direction" | "isInParts" | "isFrozen" | "noise";

function forwardContext(arena: Arena, layer: PlacedLayer, rows: number): Omit<LayerContext, Backward> {
  const { index, params, activation } = layer;
  const keepsZ = activation?.slopeFrom === "z";
  return {
    kernels: arena.kernels,
    rows,
    input: arena.at(index === 0 ? "inputs" : activationsName(index - 1)),
    output: arena.at(activationsName(index)),
    preactivations: arena.at(keepsZ ? preactivationsName(index) : activationsName(index)),
    params: arena.at("params") + 4 * (params[0]?.offset ?? 0),
    scratch: arena.at("scratch"),
    patches: arena.at("patches"),
    partial: arena.at("partial"),
    own: (name) => arena.at(ownName(index, name)),
    view: arena.view,
  };
}

function placeLayer(
  arena: Arena,
  { layer, direction, isTrained, gradient }: LayerPlan,
  { rows, plans, noise, isFirst }: StepOptions & { readonly isFirst: boolean },
): LayerContext {
  const before = plans[layer.index - 1];
  return {
    ...forwardContext(arena, layer, rows),
    outputGradient: arena.at(gradient),
    inputGradient: before === undefined || isFirst ? null : arena.at(before.gradient),
    direction: arena.at("direction") + (typeof direction === "number" ? 4 * direction : 0),
    isInParts: direction === "in parts",
    isFrozen: !isTrained,
    noise: noise ?? null,
  };
}

function directionOf(
  { layer, direction }: LayerPlan,
  context: LayerContext,
): LayerDirection & { readonly layer: PlacedLayer } {
  const parts = layer.type.linear?.parts;
  if (direction === "in parts" && parts !== undefined) return { ...parts.direction(layer, context), layer };
  return { ...wholeDirection(layer, context), layer };
}

/** A direction that lies in the buffer. Params that are not trained lie behind those that are. */
function wholeDirection({ params }: PlacedLayer, { kernels, direction }: LayerContext): LayerDirection {
  const length = params.reduce((sum, entry) => sum + (entry.isTrained ? entry.length : 0), 0);
  const offset = params[0]?.offset ?? 0;
  return {
    bound: () => kernels.largestMagnitude(length, direction),
    parts: [{ make: [], direction, rows: 1, columns: length, offset, stride: 0 }],
  };
}

/** The call of a loss on the outputs of the batch that lies in the arena. */
function lossCall(
  arena: Arena,
  { placed, outputSize }: Model,
  { loss, classWeights, gradient }: PassOptions & { readonly gradient: Address },
): Passes["loss"] {
  return loss.type.call(loss.spec, {
    kernels: arena.kernels,
    columns: outputSize,
    outputs: arena.at(activationsName(placed.length - 1)),
    targets: arena.at("targets"),
    weights: arena.at("weights"),
    classWeights: classWeights === undefined ? 0 : arena.at("classWeights"),
    gradient,
    view: arena.view,
    integers: arena.integers,
  });
}
