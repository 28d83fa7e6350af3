export { advance, createRunState } from "./advance.ts";
export type { FieldReader, NumberRange } from "../checks/field-reader.ts";
export { fromTensors, toTensors } from "../frames/index.ts";
export type { ClientUpdate, NamedPart, Report, Tensors } from "../frames/index.ts";
export { createRoundCloser } from "./close-round.ts";
export { createDeltaSum } from "./closing/delta-sum.ts";
export type { DeltaSum } from "./closing/delta-sum.ts";
export type { NextRound, RoundCloser, StoredRound } from "./closing/types.ts";
export { allFilters } from "./filters/all.ts";
export { createUpdateCodec } from "./filters/update-codec.ts";
export type { UpdateCodec } from "./filters/update-codec.ts";
export type {
  ClientContext,
  Encoding,
  FilterContext,
  FilterSet,
  FilterSpec,
  UpdateFilter,
  ValuesFilter,
} from "./filters/update-filter.ts";
export type {
  ActionReply,
  Advanced,
  EvaluateTask,
  Reply,
  ReplyOf,
  ReportReply,
  RunEvent,
  RunInput,
  RunInputOf,
  RunInputType,
  ShardTask,
  SubmitReply,
  Task,
  TaskReply,
  TrainTask,
  UpdateContent,
} from "./inputs.ts";
export { availableClients, chooseCohort } from "./reducer/cohort.ts";
export { lookup } from "./reducer/lookup.ts";
export { nextDeadline } from "./reducer/tasks.ts";
export { createRunSpec } from "./run-spec.ts";
export type { RunSpecInput } from "./run-spec.ts";
export { allRunSets } from "./sets.ts";
export type { RunSets } from "./sets.ts";
export { simulate } from "./simulate.ts";
export type { ClientRound, SimulatedRound, SimulationOptions } from "./simulate.ts";
export { allStrategies } from "./strategies/all.ts";
export { fedAvg } from "./strategies/fedavg.ts";
export type { FedAvgSpec } from "./strategies/fedavg.ts";
export type {
  MeanRound,
  MeanStrategy,
  NamedUpdate,
  RoundMean,
  ServerStep,
  Strategy,
  StrategySet,
  StrategySpec,
  UpdatesRound,
  UpdatesStrategy,
} from "./strategies/strategy.ts";
export type {
  ClientRecord,
  ClientTraining,
  EvaluationResult,
  EvaluationState,
  Exchange,
  RoundState,
  RoundSummary,
  RunPhase,
  RunSpec,
  RunState,
  UpdateRecord,
} from "./types.ts";
