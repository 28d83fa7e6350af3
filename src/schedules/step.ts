import { build } from "../kinds/build.ts";
import type { ScheduleType } from "../kinds/schedule-type.ts";
import { parseWarmup } from "./warmup.ts";
import type { WarmupOptions } from "./warmup.ts";

/** factor^floor(t / every): PyTorch's StepLR with step_size `every` and gamma `factor`. */
export interface StepSchedule {
  readonly name: "step";
  readonly every: number;
  readonly factor: number;
  readonly warmupSteps: number;
}

export interface StepScheduleOptions extends WarmupOptions {
  /** In steps. */
  readonly every: number;
  readonly factor: number;
}

/**
 * The learning rate times `factor` after each `every` steps. Throws `bad-option`.
 *
 * @example
 * const schedule = stepSchedule({ every: 1000, factor: 0.5 });
 */
export function stepSchedule(options: StepScheduleOptions): StepSchedule {
  return build(stepScheduleType, options, "schedule");
}

export const stepScheduleType: ScheduleType<StepSchedule> = {
  name: "step",
  parse(fields) {
    fields.allowOnly(["name", "every", "factor", "warmupSteps"]);
    return {
      name: "step",
      every: fields.positiveInteger("every"),
      factor: fields.number("factor", { above: 0 }),
      ...parseWarmup(fields),
    };
  },
  factor: ({ every, factor }, t) => power(factor, Math.floor(t / every)),
};

/** base^exponent by products alone, which every engine rounds alike: the params are to be the same bytes. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
