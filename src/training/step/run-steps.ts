import { createRandom } from "../../data/index.ts";
import { EdgepropError } from "../../errors.ts";
import { runCalls } from "../../kinds/layer-calls.ts";
import type { DirectionPart, LoadedBatch } from "../../kinds/layer-calls.ts";
import type { OptimizerCall } from "../../kinds/optimizer-type.ts";
import { planLayers } from "../../model/index.ts";
import type { Model } from "../../model/index.ts";
import type { Arena } from "../../runtime/index.ts";
import { scheduleFactor } from "../../schedules/index.ts";
import type { LearningOptions, ReadOptions } from "../options/trainer-options.ts";
import { buildOptimizer } from "./apply-direction.ts";
import { buildStep } from "./build-step.ts";
import type { Step } from "./build-step.ts";
import { describeActivations, describeLayerOf, nameOf } from "./find-non-finite.ts";
import { createGuardedOptimizer } from "./overflow-guard.ts";
import { optimizerBuffers } from "./plan-memory.ts";

/** Runs steps on the batch that lies in the arena; each method returns the sum of the examples' weight x loss. */
export interface Stepper {
  /** Optimizer steps since the trainer was created, checkpoints in between included. */
  readonly stepsTaken: number;
  /** Throws `non-finite` with params and optimizer state as they were. */
  step(batch: LoadedBatch): number;
  /** Writes the direction, before clipping, of the layers that train; leaves the outputs of the training forward. */
  direction(batch: LoadedBatch, values: Float32Array): number;
  /** What prediction and evaluation of these many rows run. */
  readonly passes: (rows: number) => Step;
  /** To be called after params or optimizer state were written into the arena. */
  readonly forgetParams: () => void;
}

export interface StepperOptions extends ReadOptions {
  readonly learning: LearningOptions;
  /** Where the optimizer goes on counting. */
  readonly stepsTaken: number;
}

interface OptimizedStep extends Step {
  readonly parts: readonly DirectionPart[];
  readonly applyDirection: OptimizerCall;
}

export function createStepper(arena: Arena, model: Model, options: StepperOptions): Stepper {
  const { kernels } = arena;
  const { learning, batchSize } = options;
  const { optimizer, schedule, clipNorm } = learning;
  const layers = model.placed;
  const plans = planLayers(model, { ...learning, batchSize });
  const trained = plans.filter(({ isTrained }) => isTrained).map(({ layer }) => layer);
  const guarded = createGuardedOptimizer(
    arena,
    optimizer,
    trained.flatMap(({ params }) => params.filter(({ isTrained }) => isTrained)),
  );
  const steps = new Map<number, OptimizedStep>();
  let { stepsTaken } = options;
  const noise = {
    integers: (name: string) => createRandom(options.seed, name).uint32,
    stepNumber: () => stepsTaken + 1,
  };

  function stepFor(rows: number): OptimizedStep {
    const known = steps.get(rows);
    if (known !== undefined) return known;
    const step = buildStep(arena, model, { ...options, plans, noise, rows });
    const parts = step.directions.flatMap((direction) => direction.parts);
    const optimized = { ...step, parts, applyDirection: buildOptimizer(arena, optimizer, parts) };
    steps.set(rows, optimized);
    return optimized;
  }

  /** Leaves all that the step's directions need; returns the loss. */
  function backward(step: OptimizedStep, batch: LoadedBatch): number {
    runCalls(step.trainingForward);
    const lossSum = step.loss(batch);
    if (!Number.isFinite(lossSum))
      throw nonFinite(`the loss is ${lossSum}`, describeActivations(arena, layers, batch.rows));
    runCalls(step.backward);
    return lossSum;
  }

  /** No value of the step's directions is larger in magnitude. */
  function boundOf({ directions }: Step, batch: LoadedBatch): number {
    let bound = 0;
    for (const direction of directions) {
      const found = direction.bound(batch);
      if (!Number.isFinite(found)) throw nonFiniteDirection(direction, batch);
      if (found > bound) bound = found;
    }
    return bound;
  }

  function nonFiniteDirection({ layer }: Step["directions"][number], { rows }: LoadedBatch): EdgepropError {
    return nonFinite(
      `the direction of ${nameOf(layer)} is not finite`,
      describeActivations(arena, layers, rows),
    );
  }

  /** Leaves the part in its place. */
  function isFinitePart({ make, direction: at, rows, columns }: DirectionPart): boolean {
    runCalls(make);
    return kernels.firstNonFinite(rows * columns, at) < 0;
  }

  function findDirection(batch: LoadedBatch, values: Float32Array): number {
    const step = stepFor(batch.rows);
    const lossSum = backward(step, batch);
    boundOf(step, batch);
    checkMemories(step);
    for (const made of step.directions) {
      for (const part of made.parts) {
        if (!isFinitePart(part)) throw nonFiniteDirection(made, batch);
        const { direction: from, rows, columns, offset, stride } = part;
        for (let row = 0; row < rows; row++)
          values.set(arena.view(from + 4 * row * columns, columns), offset + row * stride);
      }
    }
    return lossSum;
  }

  function checkMemories({ memories }: Step): void {
    for (const { found, layer } of memories) {
      if (kernels.firstNonFinite(found.length, found.address) >= 0)
        throw nonFinite(`the batch's mean or variance in layers[${layer}] is not finite`);
    }
  }

  /** Returns what the direction, which lies there whole, was multiplied with. */
  function clip(parts: readonly DirectionPart[], norm: number): number {
    const squares = parts.map(({ columns, direction: at }) => kernels.sumOfSquares(columns, at));
    const found = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    // PyTorch's clip_grad_norm_, its 1e-6 against a norm of 0 included.
    const factor = norm / (found + 1e-6);
    if (factor >= 1) return 1;
    for (const { columns, direction: at } of parts) kernels.scaleFloats(columns, factor, at);
    return factor;
  }

  function apply(optimized: OptimizedStep, batch: LoadedBatch, largestDirection: number): void {
    const step = stepsTaken + 1;
    const error = guarded.apply(step, {
      applyDirection: optimized.applyDirection,
      learningRate: optimizer.spec.learningRate * (schedule === null ? 1 : scheduleFactor(schedule, step)),
      largestDirection,
      diagnose: () => overflowOf(optimized, batch),
    });
    if (error !== null) throw error;
    stepsTaken = step;
  }

  function overflowOf({ directions }: Step, batch: LoadedBatch): EdgepropError {
    // For a direction made in parts we had only an upper bound. Its inputs are still in the arena: make the parts again
    // and look.
    const made = directions.find(({ parts }) => !parts.every(isFinitePart));
    if (made !== undefined) return nonFiniteDirection(made, batch);
    const layer = describeLayerOf(arena, trained, ["params", ...optimizerBuffers(optimizer)]);
    return nonFinite(`a param of ${layer}, or what the optimizer keeps of it, would overflow`);
  }

  function nonFinite(what: string, where: string | null = null): EdgepropError {
    const rule = learning.rule.spec;
    const tau = "tau" in rule ? ` or tau (${String(rule.tau)})` : "";
    const parts = [
      `${what} in step ${stepsTaken + 1}`,
      ...(where === null ? [] : [where]),
      "params and optimizer state are those of before it",
      `lower learningRate (${optimizer.spec.learningRate})${tau}, or scale the inputs`,
    ];
    return new EdgepropError("non-finite", parts.join("; "));
  }

  return {
    get stepsTaken() {
      return stepsTaken;
    },
    passes: stepFor,
    direction: findDirection,
    step(batch) {
      const step = stepFor(batch.rows);
      const lossSum = backward(step, batch);
      const bound = boundOf(step, batch);
      checkMemories(step);
      apply(step, batch, clipNorm === undefined ? bound : bound * clip(step.parts, clipNorm));
      for (const { keep } of step.memories) runCalls(keep);
      runCalls(step.keepState);
      return lossSum;
    },
    forgetParams: () => guarded.forget(),
  };
}
