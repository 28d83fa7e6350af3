import { EdgepropError } from "../../errors.ts";
import type { LossSpec, LossType } from "../../kinds/loss-type.ts";
import type { Optimizer } from "../../kinds/optimizer-type.ts";
import { toNumberWithin } from "../../checks/field-reader.ts";
import { productsWork } from "../../layers/parts/cg-products.ts";
import { planLayers, ruleStateName } from "../../model/index.ts";
import type { LayerPlan, Model, PlanOptions } from "../../model/index.ts";
import { planBuffers } from "../../runtime/index.ts";
import type { BufferRequest, MemoryPlan } from "../../runtime/index.ts";
import {
  conjugateGradientsWorkBytes,
  dualFilterScratchBytes,
  dualFilterWorkBytes,
  gemmScratchBytes,
  gramBytes,
  gramOfColumnsScratchBytes,
  rightBytes,
} from "../../runtime/scratch.ts";

/** What is known of a trainer's options once they have been read. */
export interface MemoryNeeds {
  readonly loss: { readonly type: LossType; readonly spec: LossSpec };
  readonly batchSize: number;
  readonly classWeights?: readonly number[];
  /** What trains; null: prediction and evaluation alone. */
  readonly learning: (Omit<PlanOptions, "batchSize"> & { readonly optimizer?: Optimizer }) | null;
  /** Default 4 GiB, all that a wasm memory can have. */
  readonly budgetBytes?: number;
}

/** Every buffer of training and evaluation. Throws `out-of-memory` when they exceed the budget. */
export function planMemoryOf(model: Model, needs: MemoryNeeds): MemoryPlan {
  const { budgetBytes = 2 ** 32 - 2 ** 16, batchSize } = needs;
  toNumberWithin(budgetBytes, "budgetBytes", { above: 0 });
  const plan = planFor(model, needs);
  if (plan.totalBytes <= budgetBytes) return plan;

  const largest = plan.buffers.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const fitting = largestBelow(
    batchSize,
    (size) => planFor(model, { ...needs, batchSize: size }).totalBytes <= budgetBytes,
  );
  const advice =
    fitting > 0 ? `a batchSize of ${fitting} would fit` : "no batchSize would fit: the model is too large";
  throw new EdgepropError(
    "out-of-memory",
    `batchSize ${batchSize} needs ${plan.totalBytes} bytes of at most ${budgetBytes}, ${largest.bytes} of them for ${largest.name}; ${advice}`,
  );
}

/** The largest size below `limit` that fits, by bisection: what fits fits with fewer examples too. 0: none. */
function largestBelow(limit: number, fits: (size: number) => boolean): number {
  let fitting = 0;
  let tooLarge = limit;
  while (tooLarge - fitting > 1) {
    const middle = Math.floor((fitting + tooLarge) / 2);
    if (fits(middle)) fitting = middle;
    else tooLarge = middle;
  }
  return fitting;
}

function planFor(model: Model, needs: MemoryNeeds): MemoryPlan {
  const { loss, batchSize, learning, classWeights } = needs;
  const { placed, numParams, inputSize, outputSize } = model;
  const plans = learning === null ? [] : planLayers(model, { ...learning, batchSize });
  const takesIndices = loss.type.targets(loss.spec) === "indices";
  const requests: BufferRequest[] = [
    floats("params", numParams),
    floats("direction", directionLength(plans)),
    ...(learning?.optimizer === undefined ? [] : optimizerBuffers(learning.optimizer)).map((name) =>
      floats(name, numParams),
    ),
    ...plans.flatMap(stateBuffers),
    floats("inputs", batchSize * inputSize),
    floats("targets", batchSize * (takesIndices ? 1 : outputSize)),
    floats("labels", loss.type.outputs === "classes" ? batchSize : 0),
    floats("weights", batchSize),
    ...(classWeights === undefined ? [] : [floats("classWeights", outputSize)]),
    ...placed.map((layer) => floats(activationsName(layer.index), batchSize * layer.outputSize)),
    ...placed.flatMap((layer) => [
      ...(layer.activation?.slopeFrom === "z"
        ? [floats(preactivationsName(layer.index), batchSize * layer.outputSize)]
        : []),
      ...(layer.type.buffers?.(layer, batchSize) ?? []).map(({ name, bytes }) => ({
        name: ownName(layer.index, name),
        bytes,
      })),
    ]),
    ...gradientBuffers(plans, { batchSize, outputSize }),
    ...workBuffers(model, plans, batchSize),
  ];
  return planBuffers(requests);
}

/** A buffer of `count` values of four bytes each. */
function floats(name: string, count: number): BufferRequest {
  return { name, bytes: 4 * count };
}

export function activationsName(layer: number): string {
  return `layers.${layer}.activations`;
}

/** z, where it is needed on the way back and a alone does not tell the slope. */
export function preactivationsName(layer: number): string {
  return `layers.${layer}.preactivations`;
}

/** A buffer of a layer's own. */
export function ownName(layer: number, name: string): string {
  return `layers.${layer}.${name}`;
}

/** The state that an optimizer keeps, one value per param and name. */
export function optimizerBuffers({ type, spec }: Optimizer): readonly string[] {
  return type.state(spec).map((name) => `optimizer.${name}`);
}

/** What a rule keeps for a layer, and the same as the step in progress leaves it, until the step has succeeded. */
function stateBuffers({ layer, state }: LayerPlan): BufferRequest[] {
  return state.flatMap(({ name, length }) =>
    [ruleStateName(layer.index, name), nextStateName(layer.index, name)].map((buffer) =>
      floats(buffer, length),
    ),
  );
}

export function nextStateName(layer: number, name: string): string {
  return `${ruleStateName(layer, name)}.next`;
}

function directionLength(plans: readonly LayerPlan[]): number {
  let end = 0;
  for (const { direction, layer } of plans) {
    if (typeof direction !== "number") continue;
    end = layer.params.reduce((sum, { length }) => sum + length, direction);
  }
  return end;
}

/** Each is as large as the largest gradient that lies in it; evaluation has that of the outputs alone. */
function gradientBuffers(
  plans: readonly LayerPlan[],
  { batchSize, outputSize }: { readonly batchSize: number; readonly outputSize: number },
): BufferRequest[] {
  if (plans.length === 0) return [floats("gradients.outputs", batchSize * outputSize)];
  const sizes = new Map<string, number>();
  for (const { gradient, layer } of plans)
    sizes.set(gradient, Math.max(layer.outputSize, sizes.get(gradient) ?? 0));
  return [...sizes].map(([name, size]) => floats(name, batchSize * size));
}

/** What a kernel needs only while it runs, and the prox step's systems: shared by all layers. */
function workBuffers({ placed }: Model, plans: readonly LayerPlan[], batchSize: number): BufferRequest[] {
  const largest: Record<string, number> = { gram: 0, right: 0, work: 0, patches: 0, partial: 0, scratch: 0 };
  for (const layer of placed) {
    const { linear } = layer.type;
    if (linear === undefined) continue;
    const matrix = linear.matrix(layer, batchSize);
    const { rows, inputs, outputs, blockRows, patchBytes, partialBytes } = matrix;
    const { side = null, cgIterations = null, direction = null } = plans[layer.index] ?? {};
    const isIterative = cgIterations !== null;
    const isDual = side === "dual";
    const size = isDual ? rows : inputs + 1;
    const hasSystem = isDual || side === "primal";
    const needs = {
      patches: patchBytes,
      partial: partialBytes,
      scratch: Math.max(
        gemmScratchBytes(outputs, inputs),
        gemmScratchBytes(inputs, outputs),
        direction === "in parts" && linear.parts !== undefined
          ? linear.parts.bytes(matrix)
          : gemmScratchBytes(outputs, blockRows),
        isDual ? dualFilterScratchBytes(rows, inputs, outputs) : 0,
        side === "primal" ? gramOfColumnsScratchBytes(inputs, blockRows) : 0,
      ),
      gram: hasSystem ? gramBytes(size) : 0,
      right: hasSystem
        ? isDual && !isIterative
          ? dualFilterWorkBytes(rows, outputs)
          : rightBytes(size, outputs)
        : 0,
      work: hasSystem
        ? isIterative
          ? conjugateGradientsWorkBytes(size)
          : 0
        : side === "products"
          ? productsWork(matrix).bytes
          : 0,
    };
    for (const [name, bytes] of Object.entries(needs)) largest[name] = Math.max(largest[name] ?? 0, bytes);
  }
  return Object.entries(largest).map(([name, bytes]) => ({ name, bytes }));
}
