export { advance, createRunState } from "./advance.ts";
export { createDeltaSum, createWeightedMean } from "./aggregate.ts";
export type { ClientUpdate, DeltaSum, WeightedMean } from "./aggregate.ts";
export { availableClients, chooseCohort } from "./cohort.ts";
export { lookup } from "./lookup.ts";
export { createRunSpec } from "./run-spec.ts";
export type { RunSpecInput } from "./run-spec.ts";
export { simulate } from "./simulate.ts";
export type { ClientRound, SimulatedRound, SimulationOptions } from "./simulate.ts";
export { fedAvg, toStrategy } from "./strategies.ts";
export type { Strategy } from "./strategies.ts";
export { nextDeadline } from "./tasks.ts";
export type {
  Advanced,
  ClientRecord,
  ClientTraining,
  EvaluateTask,
  EvaluationResult,
  EvaluationState,
  Exchange,
  Reply,
  RoundState,
  RoundSummary,
  RunEvent,
  RunInput,
  RunPhase,
  RunSpec,
  RunState,
  ShardTask,
  StrategySpec,
  Task,
  TrainTask,
  UpdateContent,
  UpdateRecord,
} from "./types.ts";
