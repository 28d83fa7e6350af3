import type { FieldReader } from "../checks/field-reader.ts";

/** A schedule as plain JSON. */
export interface ScheduleSpec {
  readonly name: string;
  /** Steps below the full learning rate at the start. */
  readonly warmupSteps: number;
}

/** A schedule: its spec, and the object that the spec's name stands for. */
export interface Schedule<S extends ScheduleSpec = ScheduleSpec> {
  readonly type: ScheduleType<S>;
  readonly spec: S;
}

/** How the learning rate goes on after the warm-up. */
export interface ScheduleType<S extends ScheduleSpec = ScheduleSpec> {
  readonly name: S["name"];
  /** The complete spec, from untrusted fields. Throws `bad-option`, naming the field. */
  parse(fields: FieldReader): S;
  /** What the learning rate is multiplied with, t steps (from 0) after the warm-up. */
  factor(spec: S, t: number): number;
}
