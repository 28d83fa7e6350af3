import { EdgepropError } from "../errors.ts";
import { describeModel } from "../model/index.ts";
import type { ModelSpec } from "../model/index.ts";
import type { Arena } from "../runtime/index.ts";
import type { LoadedBatch } from "./batch-loader.ts";
import { buildStep } from "./build-step.ts";
import type { Step } from "./build-step.ts";
import { describeActivations, describeLayerOf } from "./find-non-finite.ts";
import { createNoise } from "./noise.ts";
import { createGuardedOptimizer } from "./overflow-guard.ts";
import { optimizerBuffers } from "./plan-memory.ts";
import { scheduleFactor } from "./schedules.ts";
import { rangesOf } from "./trainable.ts";
import type { CompleteTrainerOptions } from "./trainer-options.ts";

/** Runs steps on the batch that lies in the arena; each method returns the sum of the examples' weight x loss. */
export interface Stepper {
  /** Optimizer steps since the trainer was created, checkpoints in between included. */
  readonly stepsTaken: number;
  /** Throws `non-finite` with params and optimizer state as they were. */
  step(batch: LoadedBatch): number;
  /** Leaves the direction of the layers that train, before clipping, and the outputs of the training forward, in the arena. */
  direction(batch: LoadedBatch): number;
  /** Leaves the outputs in the arena. */
  loss(batch: LoadedBatch): number;
  forward(rows: number): void;
  /** To be called after params or optimizer state were written into the arena. */
  forgetParams(): void;
}

export interface StepperOptions extends CompleteTrainerOptions {
  /** Where the optimizer goes on counting. */
  readonly stepsTaken: number;
}

export function createStepper(arena: Arena, model: ModelSpec, options: StepperOptions): Stepper {
  const { kernels } = arena;
  const { optimizer, schedule, clipNorm, trainable } = options;
  const layers = describeModel(model);
  const trained = layers.filter(({ index }) => trainable.includes(index));
  const ranges = rangesOf(model, trainable);
  const guarded = createGuardedOptimizer(arena, optimizer, ranges);
  const steps = new Map<number, Step>();
  let { stepsTaken } = options;
  const noise = createNoise(options.seed, () => stepsTaken + 1);

  function stepFor(rows: number): Step {
    const step = steps.get(rows) ?? buildStep(arena, model, { ...options, noise, rows });
    steps.set(rows, step);
    return step;
  }

  function forward(rows: number): void {
    for (const call of stepFor(rows).forward) call();
  }

  function loss(batch: LoadedBatch): number {
    forward(batch.rows);
    return stepFor(batch.rows).loss(batch);
  }

  function direction(batch: LoadedBatch): { readonly lossSum: number; readonly largest: number } {
    const step = stepFor(batch.rows);
    for (const call of step.trainingForward) call();
    const lossSum = step.loss(batch);
    if (!Number.isFinite(lossSum))
      throw nonFinite(`the loss is ${lossSum}`, describeActivations(arena, layers, batch.rows));
    for (const call of step.backward) call();
    const largest = Math.max(
      ...ranges.map(({ offset, length }) =>
        kernels.largestMagnitude(length, arena.at("direction") + 4 * offset),
      ),
    );
    if (Number.isFinite(largest)) {
      checkMemories(step);
      return { lossSum, largest };
    }
    const layer = describeLayerOf(arena, trained, ["direction"]);
    throw nonFinite(
      `the direction of ${layer} is not finite`,
      describeActivations(arena, layers, batch.rows),
    );
  }

  function checkMemories({ memories }: Step): void {
    for (const { found, layer } of memories) {
      if (kernels.firstNonFinite(found.length, found.address) >= 0)
        throw nonFinite(`the batch's mean or variance in layers[${layer}] is not finite`);
    }
  }

  /** Returns what the direction was multiplied with. */
  function clip(): number {
    if (clipNorm === undefined) return 1;
    const squares = ranges.map(({ offset, length }) =>
      kernels.sumOfSquares(length, arena.at("direction") + 4 * offset),
    );
    const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    // PyTorch's clip_grad_norm_, its 1e-6 against a norm of 0 included.
    const factor = clipNorm / (norm + 1e-6);
    if (factor >= 1) return 1;
    for (const { offset, length } of ranges)
      kernels.scaleFloats(length, factor, arena.at("direction") + 4 * offset);
    return factor;
  }

  function apply(largest: number): void {
    const step = stepsTaken + 1;
    let layer: string | null = null;
    const isApplied = guarded.apply(step, {
      rateFactor: schedule === undefined ? 1 : scheduleFactor(schedule, step),
      largestDirection: largest,
      inspect() {
        layer = describeLayerOf(arena, trained, ["params", ...optimizerBuffers(optimizer)]);
      },
    });
    if (!isApplied) throw nonFinite(`a param of ${layer}, or what the optimizer keeps of it, would overflow`);
    stepsTaken = step;
  }

  function nonFinite(what: string, where: string | null = null): EdgepropError {
    const { rule } = options;
    const tau = rule.name === "proxprop" ? ` or tau (${rule.tau})` : "";
    const parts = [
      `${what} in step ${stepsTaken + 1}`,
      ...(where === null ? [] : [where]),
      "params and optimizer state are those of before it",
      `lower learningRate (${optimizer.learningRate})${tau}, or scale the inputs`,
    ];
    return new EdgepropError("non-finite", parts.join("; "));
  }

  return {
    get stepsTaken() {
      return stepsTaken;
    },
    forward,
    loss,
    direction: (batch) => direction(batch).lossSum,
    step(batch) {
      const { lossSum, largest } = direction(batch);
      apply(largest * clip());
      for (const { keep } of stepFor(batch.rows).memories) for (const call of keep) call();
      return lossSum;
    },
    forgetParams: () => guarded.forget(),
  };
}
