import { checkObject, checkOptions, describeValue } from "../../checks/check-options.ts";
import { EdgepropError } from "../../errors.ts";
import { checkNumber, checkPositiveInteger } from "../../checks/check-values.ts";

/**
 * A factor on the optimizer's learningRate by step, as plain JSON. Steps are counted like PyTorch's schedulers count
 * their calls, t = 0 at the first one. In the first warmupSteps steps the factor rises to 1 as that of LinearLR with
 * start_factor 1 / (warmupSteps + 1) and total_iters warmupSteps; the schedule proper begins after them, as in
 * SequentialLR.
 */
export type Schedule = ConstantSchedule | StepSchedule | CosineSchedule;

export interface ConstantSchedule {
  readonly name: "constant";
  readonly warmupSteps: number;
}

/** factor^floor(t / every): StepLR with step_size `every` and gamma `factor`. */
export interface StepSchedule {
  readonly name: "step";
  readonly every: number;
  readonly factor: number;
  readonly warmupSteps: number;
}

/**
 * finalFactor + (1 - finalFactor) (1 + cos(pi t / steps)) / 2: CosineAnnealingLR with T_max `steps` and eta_min
 * finalFactor x learningRate; from t = steps on, where that would rise again, finalFactor.
 */
export interface CosineSchedule {
  readonly name: "cosine";
  readonly steps: number;
  readonly finalFactor: number;
  readonly warmupSteps: number;
}

export interface WarmupOptions {
  /** Steps below the full learning rate at the start. Default 0. */
  readonly warmupSteps?: number;
}

export interface StepScheduleOptions extends WarmupOptions {
  readonly every: number;
  readonly factor: number;
}

export interface CosineScheduleOptions extends WarmupOptions {
  /** From the end of the warm-up until finalFactor is reached. */
  readonly steps: number;
  /** Default 0. */
  readonly finalFactor?: number;
}

/** The learning rate as it is, after a warm-up. Throws `bad-option`. */
export function constantSchedule(options: WarmupOptions = {}): ConstantSchedule {
  return checked({ name: "constant", warmupSteps: 0, ...options });
}

/** Times `factor` after every so many steps. Throws `bad-option`. */
export function stepSchedule(options: StepScheduleOptions): StepSchedule {
  return checked({ name: "step", warmupSteps: 0, ...options });
}

/** Down along half a cosine. Throws `bad-option`. */
export function cosineSchedule(options: CosineScheduleOptions): CosineSchedule {
  return checked({ name: "cosine", finalFactor: 0, warmupSteps: 0, ...options });
}

function checked<T extends Schedule>(schedule: T): T {
  checkSchedule(schedule);
  return schedule;
}

/** Throws `bad-option`, or `unsupported` for what another version may know: a schedule may come as JSON. */
export function checkSchedule(schedule: Schedule): void {
  checkObject("schedule", schedule);
  switch (schedule.name) {
    case "constant":
      checkOptions(schedule, "schedule", ["name", "warmupSteps"]);
      break;
    case "step":
      checkOptions(schedule, "schedule", ["name", "every", "factor", "warmupSteps"]);
      checkPositiveInteger("every", schedule.every);
      checkNumber("factor", schedule.factor, { above: 0 });
      break;
    case "cosine":
      checkOptions(schedule, "schedule", ["name", "steps", "finalFactor", "warmupSteps"]);
      checkPositiveInteger("steps", schedule.steps);
      checkNumber("finalFactor", schedule.finalFactor, { from: 0 });
      break;
    default:
      throw new EdgepropError(
        "unsupported",
        `the schedule is ${describeValue(schedule satisfies never)}; expected "constant", "step" or "cosine"`,
      );
  }
  const { warmupSteps } = schedule;
  if (Number.isSafeInteger(warmupSteps) && warmupSteps >= 0) return;
  throw new EdgepropError(
    "bad-option",
    `warmupSteps is ${String(warmupSteps)}; expected an integer of at least 0`,
  );
}

/** What the learning rate of step `step`, from 1, is multiplied with. */
export function scheduleFactor(schedule: Schedule, step: number): number {
  const { warmupSteps } = schedule;
  if (step <= warmupSteps) return step / (warmupSteps + 1);
  const t = step - 1 - warmupSteps;
  switch (schedule.name) {
    case "constant":
      return 1;
    case "step":
      return power(schedule.factor, Math.floor(t / schedule.every));
    case "cosine": {
      const { steps, finalFactor } = schedule;
      if (t >= steps) return finalFactor;
      return finalFactor + ((1 - finalFactor) * (1 + cosineOfHalfTurns(t / steps))) / 2;
    }
    default:
      return schedule satisfies never;
  }
}

/*
 * Products and sums alone, which every engine rounds alike: a power or a cosine of the engine's may differ in its last
 * bit, and with it the params.
 */

/** base^exponent by squaring. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/** cos(pi x) for x in [0, 1], from the power series about the half turn's ends and middle. */
function cosineOfHalfTurns(x: number): number {
  if (x > 0.5) return -cosineOfHalfTurns(1 - x);
  const isNearMiddle = x > 0.25;
  // cos(pi x) = sin(pi (1/2 - x))
  const angle = Math.PI * (isNearMiddle ? 0.5 - x : x);
  let term = isNearMiddle ? angle : 1;
  let sum = term;
  // Terms of angles up to pi / 4: the last is below 2^-53.
  for (let k = isNearMiddle ? 2 : 1; k < 18; k += 2) {
    term *= -(angle * angle) / (k * (k + 1));
    sum += term;
  }
  return sum;
}
