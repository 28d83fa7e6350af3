import { constantScheduleType } from "./constant.ts";
import type { ConstantSchedule } from "./constant.ts";
import { cosineScheduleType } from "./cosine.ts";
import type { CosineSchedule } from "./cosine.ts";
import { stepScheduleType } from "./step.ts";
import type { StepSchedule } from "./step.ts";

/** Every schedule there is, by name. */
export const allSchedules = {
  constant: constantScheduleType,
  step: stepScheduleType,
  cosine: cosineScheduleType,
};

/** The schedules of edgeprop with their options. */
export type KnownSchedule = ConstantSchedule | StepSchedule | CosineSchedule;
