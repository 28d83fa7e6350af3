import { checkObject } from "../../checks/check-options.ts";
import { EdgepropError } from "../../errors.ts";
import { describeModel, hasClasses, lastLinear, parseModelSpec, takesIndices } from "../../model/index.ts";
import type { Loss, ModelSpec, PlacedLayer } from "../../model/index.ts";
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
import { placeBackward } from "./backward-places.ts";
import type { BackwardPlace } from "./backward-places.ts";
import { checkNumber } from "../../checks/check-values.ts";
import { productsWork } from "../layers/cg-products.ts";
import { densePartsBytes } from "../layers/dense-parts.ts";
import { layerBuffers } from "../layers/layer-buffers.ts";
import { layerMatrix } from "../layers/layer-matrix.ts";
import type { Optimizer, UpdateRule } from "../options/types.ts";
import { proxSideOf } from "../layers/prox-side.ts";
import { ruleOf } from "../options/update-rules.ts";

export interface MemoryPlanOptions {
  readonly loss: Loss;
  readonly rule: UpdateRule;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  /** Default all layers. */
  readonly trainable?: readonly number[];
  readonly classWeights?: readonly number[];
  /** With one, the whole direction is kept at a time. */
  readonly clipNorm?: number;
  /** Default 4 GiB, all that a wasm memory can have. */
  readonly budgetBytes?: number;
}

/** Every buffer of training and evaluation. Throws `out-of-memory` when they exceed the budget. */
export function planMemory(spec: ModelSpec, options: MemoryPlanOptions): MemoryPlan {
  const model = parseModelSpec(spec);
  checkObject("what planMemory is given", options);
  checkObject("rule", options.rule);
  checkObject("optimizer", options.optimizer);
  const { budgetBytes = 2 ** 32 - 2 ** 16, batchSize } = options;
  checkNumber("budgetBytes", budgetBytes, { above: 0 });
  const plan = planFor(model, options);
  if (plan.totalBytes <= budgetBytes) return plan;

  const largest = plan.buffers.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const fitting = largestBelow(
    batchSize,
    (size) => planFor(model, { ...options, batchSize: size }).totalBytes <= budgetBytes,
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

function planFor(model: ModelSpec, options: MemoryPlanOptions): MemoryPlan {
  const { loss, batchSize } = options;
  const layers = describeModel(model);
  const paramBytes = 4 * layers.flatMap(({ params }) => params).reduce((sum, { length }) => sum + length, 0);
  const outputs = layers.at(-1)?.outputSize ?? 0;
  const inputs = layers[0]?.inputSize ?? 0;
  const { places, directionLength } = placeBackward(layers, options);
  return planBuffers([
    { name: "params", bytes: paramBytes },
    { name: "direction", bytes: 4 * directionLength },
    ...optimizerBuffers(options.optimizer).map((name) => ({ name, bytes: paramBytes })),
    { name: "inputs", bytes: 4 * batchSize * inputs },
    { name: "targets", bytes: 4 * batchSize * (takesIndices(loss) ? 1 : outputs) },
    { name: "labels", bytes: hasClasses(loss) ? 4 * batchSize : 0 },
    { name: "weights", bytes: 4 * batchSize },
    ...(options.classWeights === undefined ? [] : [{ name: "classWeights", bytes: 4 * outputs }]),
    ...layers.map(({ index, outputSize }) => ({
      name: activationsName(index),
      bytes: 4 * batchSize * outputSize,
    })),
    ...layers.flatMap((layer) => layerBuffers(layer, batchSize)),
    ...gradientBuffers(layers, places, batchSize),
    ...workBuffers(layers, places, options),
  ]);
}

export function activationsName(layer: number): string {
  return `layers.${layer}.activations`;
}

/** As large as the largest gradient that lies in it. */
function gradientBuffers(
  layers: readonly PlacedLayer[],
  places: readonly BackwardPlace[],
  batchSize: number,
): BufferRequest[] {
  const sizes = new Map<string, number>();
  for (const { index, outputSize } of layers) {
    const name = places[index]?.gradient ?? "";
    sizes.set(name, Math.max(outputSize, sizes.get(name) ?? 0));
  }
  return [...sizes].map(([name, size]) => ({ name, bytes: 4 * batchSize * size }));
}

/** The state an optimizer keeps, a value for each param and name. */
export function optimizerBuffers(optimizer: Optimizer): readonly string[] {
  switch (optimizer.name) {
    case "sgd":
      return optimizer.momentum === 0 ? [] : ["optimizer.velocity"];
    case "adam":
    case "adamw":
      return ["optimizer.moment1", "optimizer.moment2"];
    case "rmsprop":
    case "adagrad":
      return ["optimizer.squares"];
    default:
      return optimizer satisfies never;
  }
}

/** What a kernel needs only while it runs, and the prox step's systems: shared by all layers. */
function workBuffers(
  layers: readonly PlacedLayer[],
  places: readonly BackwardPlace[],
  { rule, batchSize, trainable }: MemoryPlanOptions,
): BufferRequest[] {
  const last = lastLinear(layers);
  const needs = layers.map((layer) => {
    const matrix = layerMatrix(layer, batchSize);
    if (matrix === null) return { scratch: 0, gram: 0, right: 0, work: 0, patches: 0, partial: 0 };
    const { rows, inputs, outputs, blockRows } = matrix;
    const gemm = Math.max(
      gemmScratchBytes(outputs, inputs),
      gemmScratchBytes(inputs, outputs),
      places[layer.index]?.isInParts === true
        ? densePartsBytes(matrix)
        : gemmScratchBytes(outputs, blockRows),
    );
    const { type } = layer.spec;
    const patches = type === "dense" ? 0 : 4 * blockRows * inputs;
    const partial = type === "conv2d" && rows > blockRows ? 4 * (inputs + 1) * outputs : 0;
    const isFrozen = trainable?.includes(layer.index) === false;
    const place = { rule, batchSize, isLast: layer === last };
    const side = isFrozen ? null : proxSideOf(layer, place);
    if (side === null) return { scratch: gemm, gram: 0, right: 0, work: 0, patches, partial };
    if (side === "products") {
      return { scratch: gemm, gram: 0, right: 0, work: productsWork(matrix).bytes, patches, partial };
    }
    const size = side === "dual" ? rows : inputs + 1;
    const panels =
      side === "dual"
        ? dualFilterScratchBytes(rows, inputs, outputs)
        : gramOfColumnsScratchBytes(inputs, blockRows);
    const isIterative = usesConjugateGradients(ruleOf(layer, place));
    return {
      patches,
      partial,
      scratch: Math.max(gemm, panels),
      gram: gramBytes(size),
      right: side === "dual" && !isIterative ? dualFilterWorkBytes(rows, outputs) : rightBytes(size, outputs),
      work: isIterative ? conjugateGradientsWorkBytes(size) : 0,
    };
  });
  return (["gram", "right", "work", "patches", "partial", "scratch"] as const).map((name) => ({
    name,
    bytes: Math.max(0, ...needs.map((need) => need[name])),
  }));
}

function usesConjugateGradients(rule: UpdateRule): boolean {
  return rule.name === "proxprop" && rule.proxSolver === "cg";
}
