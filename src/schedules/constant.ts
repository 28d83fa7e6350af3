import { build } from "../kinds/build.ts";
import type { ScheduleType } from "../kinds/schedule-type.ts";
import { parseWarmup } from "./warmup.ts";
import type { WarmupOptions } from "./warmup.ts";

export interface ConstantSchedule {
  readonly name: "constant";
  readonly warmupSteps: number;
}

/**
 * The learning rate as it is, after a warm-up. Throws `bad-option`.
 *
 * @example
 * const schedule = constantSchedule({ warmupSteps: 100 });
 */
export function constantSchedule(options: WarmupOptions = {}): ConstantSchedule {
  return build(constantScheduleType, options, "schedule");
}

export const constantScheduleType: ScheduleType<ConstantSchedule> = {
  name: "constant",
  parse(fields) {
    fields.allowOnly(["name", "warmupSteps"]);
    return { name: "constant", ...parseWarmup(fields) };
  },
  factor: () => 1,
};
