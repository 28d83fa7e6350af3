export { decodeCheckpoint } from "./checkpoint/checkpoint.ts";
export type { Checkpoint, Progress } from "./checkpoint/checkpoint.ts";
export type { CustomBackward, CustomForward, CustomLayer, CustomLayers } from "./options/custom-layer.ts";
export type { Cursor } from "./batches/epoch-cursor.ts";
export { createTrainerWith, restoreTrainerWith } from "./trainer/create-trainer.ts";
export type { RestoreOptions } from "./checkpoint/checkpoint.ts";
export type { CustomRule, LayerGradient } from "./options/custom-rule.ts";
export { createDirectionOptimizer } from "./exchange/server-optimizer.ts";
export type { DirectionOptimizer, OptimizerStep } from "./exchange/server-optimizer.ts";
export { adagrad, adam, adamw, momentum, nesterov, rmsprop, sgd } from "./options/optimizers.ts";
export type {
  AdagradOptions,
  AdamOptions,
  AdamwOptions,
  MomentumOptions,
  RmspropOptions,
  SgdOptions,
} from "./options/optimizers.ts";
export type {
  AdagradOptimizer,
  AdamOptimizer,
  AdamwOptimizer,
  Optimizer,
  RmspropOptimizer,
  SgdOptimizer,
  UpdateRule,
} from "./options/types.ts";
export { planExchange } from "./exchange/plan-exchange.ts";
export type { ExchangeCost, ExchangePlan } from "./exchange/plan-exchange.ts";
export { planMemory } from "./step/plan-memory.ts";
export type { MemoryPlanOptions } from "./step/plan-memory.ts";
export type { Clock, Platform } from "./options/platform.ts";
export { summarize } from "./options/summarize.ts";
export type { LayerSummary, ModelSummary } from "./options/summarize.ts";
export { constantSchedule, cosineSchedule, stepSchedule } from "./options/schedules.ts";
export type {
  ConstantSchedule,
  CosineSchedule,
  CosineScheduleOptions,
  Schedule,
  StepSchedule,
  StepScheduleOptions,
  WarmupOptions,
} from "./options/schedules.ts";
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
} from "./options/trainer-types.ts";
export { createStatisticsSolver } from "./exchange/solve-statistics.ts";
export type { StatisticsSolver } from "./exchange/solve-statistics.ts";
export { collectStatistics } from "./exchange/collect-statistics.ts";
export type { Statistics, StatisticsOptions } from "./exchange/collect-statistics.ts";
export { statisticsTensors } from "./exchange/statistics-layout.ts";
export type { StatisticsTensor } from "./exchange/statistics-layout.ts";
export { backprop, proxProp } from "./options/update-rules.ts";
export type { ProxPropOptions } from "./options/update-rules.ts";
