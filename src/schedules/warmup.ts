import type { FieldReader } from "../checks/field-reader.ts";
import type { Schedule } from "../kinds/schedule-type.ts";

export interface WarmupOptions {
  /** Steps below the full learning rate at the start. Default 0. */
  readonly warmupSteps?: number;
}

/** The field that every schedule has. */
export function parseWarmup(fields: FieldReader): { readonly warmupSteps: number } {
  return { warmupSteps: fields.count("warmupSteps", 0) };
}

/**
 * What the learning rate of step `step`, from 1, is multiplied with. In the first warmupSteps steps the factor rises to
 * 1 as that of PyTorch's LinearLR with start_factor 1 / (warmupSteps + 1) and total_iters warmupSteps; the schedule
 * proper begins after them, as in SequentialLR.
 */
export function scheduleFactor({ type, spec }: Schedule, step: number): number {
  const { warmupSteps } = spec;
  return step <= warmupSteps ? step / (warmupSteps + 1) : type.factor(spec, step - 1 - warmupSteps);
}
