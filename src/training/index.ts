export { decodeCheckpoint } from "./checkpoint.ts";
export type { Checkpoint, Progress } from "./checkpoint.ts";
export type { CustomBackward, CustomForward, CustomLayer, CustomLayers } from "./custom-layer.ts";
export type { Cursor } from "./epochs.ts";
export { createTrainerWith, restoreTrainerWith } from "./create-trainer.ts";
export type { RestoreOptions } from "./checkpoint.ts";
export type { CustomRule, LayerGradient } from "./custom-rule.ts";
export { createDirectionOptimizer } from "./direction-optimizer.ts";
export type { DirectionOptimizer, OptimizerStep } from "./direction-optimizer.ts";
export { adagrad, adam, adamw, momentum, nesterov, rmsprop, sgd } from "./optimizers.ts";
export type {
  AdagradOptions,
  AdamOptions,
  AdamwOptions,
  MomentumOptions,
  RmspropOptions,
  SgdOptions,
} from "./optimizers.ts";
export type {
  AdagradOptimizer,
  AdamOptimizer,
  AdamwOptimizer,
  Optimizer,
  RmspropOptimizer,
  SgdOptimizer,
  UpdateRule,
} from "./options.ts";
export { planExchange } from "./plan-exchange.ts";
export type { ExchangeCost, ExchangePlan } from "./plan-exchange.ts";
export { planMemory } from "./plan-memory.ts";
export type { MemoryPlanOptions } from "./plan-memory.ts";
export type { Clock, Platform } from "./platform.ts";
export { summarize } from "./summarize.ts";
export type { LayerSummary, ModelSummary } from "./summarize.ts";
export { constantSchedule, cosineSchedule, stepSchedule } from "./schedules.ts";
export type {
  ConstantSchedule,
  CosineSchedule,
  CosineScheduleOptions,
  Schedule,
  StepSchedule,
  StepScheduleOptions,
  WarmupOptions,
} from "./schedules.ts";
export type {
  Batch,
  DirectionResult,
  EarlyStopping,
  EpochResult,
  EvaluateOptions,
  Evaluation,
  FitOptions,
  FitStep,
  ResumableTrainer,
  StepResult,
  Trainer,
  TrainerMemory,
  TrainerOptions,
  TrainLimits,
  TrainResult,
} from "./types.ts";
export { createStatisticsSolver } from "./solve-statistics.ts";
export type { StatisticsSolver } from "./solve-statistics.ts";
export { collectStatistics } from "./statistics.ts";
export type { Statistics, StatisticsOptions } from "./statistics.ts";
export { statisticsTensors } from "./statistics-layout.ts";
export type { StatisticsTensor } from "./statistics-layout.ts";
export { backprop, proxProp } from "./update-rules.ts";
export type { ProxPropOptions } from "./update-rules.ts";
