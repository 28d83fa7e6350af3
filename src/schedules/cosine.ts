import { build } from "../kinds/build.ts";
import type { ScheduleType } from "../kinds/schedule-type.ts";
import { parseWarmup } from "./warmup.ts";
import type { WarmupOptions } from "./warmup.ts";

/**
 * finalFactor + (1 - finalFactor) (1 + cos(pi t / steps)) / 2: PyTorch's CosineAnnealingLR with T_max `steps` and
 * eta_min finalFactor x learningRate; from t = steps on, where that would rise again, finalFactor.
 */
export interface CosineSchedule {
  readonly name: "cosine";
  readonly steps: number;
  readonly finalFactor: number;
  readonly warmupSteps: number;
}

export interface CosineScheduleOptions extends WarmupOptions {
  /** From the end of the warm-up until finalFactor is reached. */
  readonly steps: number;
  /** Default 0. */
  readonly finalFactor?: number;
}

/**
 * The learning rate goes down along half a cosine. Throws `bad-option`.
 *
 * @example
 * const schedule = cosineSchedule({ steps: 5000, warmupSteps: 100 });
 */
export function cosineSchedule(options: CosineScheduleOptions): CosineSchedule {
  return build(cosineScheduleType, options, "schedule");
}

export const cosineScheduleType: ScheduleType<CosineSchedule> = {
  name: "cosine",
  parse(fields) {
    fields.allowOnly(["name", "steps", "finalFactor", "warmupSteps"]);
    return {
      name: "cosine",
      steps: fields.positiveInteger("steps"),
      finalFactor: fields.number("finalFactor", { from: 0, byDefault: 0 }),
      ...parseWarmup(fields),
    };
  },
  factor: ({ steps, finalFactor }, t) =>
    t >= steps ? finalFactor : finalFactor + ((1 - finalFactor) * (1 + cosineOfHalfTurns(t / steps))) / 2,
};

/**
 * cos(pi x) for x in [0, 1], from the power series about the half turn's ends and middle: products and sums alone,
 * which every engine rounds alike, while a cosine of the engine's may differ in its last bit, and with it the params.
 */
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
