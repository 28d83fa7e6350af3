import { EdgepropError } from "../errors.ts";
import type { ModelSpec } from "../model/index.ts";
import type { Arena } from "../runtime/index.ts";
import { buildOptimizer, buildStep } from "./build-step.ts";
import type { Step } from "./build-step.ts";
import { rangesOf } from "./trainable.ts";
import type { CompleteTrainerOptions } from "./trainer-options.ts";

/** Runs steps on the batch that lies in the arena; each method returns the sum of the examples' losses. */
export interface Stepper {
  /** Optimizer steps since the trainer was created, checkpoints in between included. */
  readonly stepsTaken: number;
  /** Throws `non-finite` with params and optimizer state as they were. */
  step(rows: number): number;
  /** Leaves the direction of the layers that train, and the outputs, in the arena. */
  direction(rows: number): number;
  /** Leaves the outputs in the arena. */
  loss(rows: number): number;
  forward(rows: number): void;
}

export interface StepperOptions extends CompleteTrainerOptions {
  /** Where the optimizer goes on counting. */
  readonly stepsTaken: number;
}

export function createStepper(arena: Arena, model: ModelSpec, options: StepperOptions): Stepper {
  const { kernels } = arena;
  const ranges = rangesOf(model, options.trainable);
  const applyDirection = buildOptimizer(arena, options.optimizer, ranges);
  const steps = new Map<number, Step>();
  let { stepsTaken } = options;

  function stepFor(rows: number): Step {
    const step = steps.get(rows) ?? buildStep(arena, model, { ...options, rows });
    steps.set(rows, step);
    return step;
  }

  function forward(rows: number): void {
    for (const call of stepFor(rows).forward) call();
  }

  function loss(rows: number): number {
    forward(rows);
    return stepFor(rows).loss();
  }

  function direction(rows: number): number {
    const lossSum = loss(rows);
    if (!Number.isFinite(lossSum))
      throw nonFinite(`the loss is ${lossSum}`, "the params are those of before it");
    for (const call of stepFor(rows).backward) call();
    const isBad = ranges.some(
      ({ offset, length }) => kernels.firstNonFinite(length, arena.at("direction") + 4 * offset) >= 0,
    );
    if (isBad) {
      throw nonFinite("the direction is not finite", "the params are those of before it");
    }
    return lossSum;
  }

  function nonFinite(what: string, state: string): EdgepropError {
    const { optimizer, rule } = options;
    const tau = rule.name === "proxprop" ? ` or tau (${rule.tau})` : "";
    const advice = `lower learningRate (${optimizer.learningRate})${tau}, or scale the inputs`;
    return new EdgepropError("non-finite", `${what} in step ${stepsTaken + 1}; ${state}; ${advice}`);
  }

  return {
    get stepsTaken() {
      return stepsTaken;
    },
    forward,
    loss,
    direction,
    step(rows) {
      const lossSum = direction(rows);
      if (!applyDirection(stepsTaken + 1)) throw nonFinite("a param has overflowed", "set params anew");
      stepsTaken += 1;
      return lossSum;
    },
  };
}
