export { decodeCheckpoint } from "./checkpoint/checkpoint.ts";
export type { Checkpoint, Progress, RestoreOptions } from "./checkpoint/checkpoint.ts";
export type { Cursor } from "./batches/epoch-cursor.ts";
export { planMemory } from "./options/plan-memory.ts";
export type { MemoryPlanOptions } from "./options/plan-memory.ts";
export type { Clock, Platform } from "./options/platform.ts";
export { summarize } from "./options/summarize.ts";
export type { LayerSummary, ModelSummary } from "./options/summarize.ts";
export { bindLearning, bindLoss, bindOptimizer } from "./options/trainer-options.ts";
export type {
  Batch,
  DirectionResult,
  EarlyStopping,
  EpochResult,
  EvaluateOptions,
  Evaluation,
  FitOptions,
  FitStep,
  Loss,
  PlannedPredictor,
  PredictOptions,
  Predictor,
  PredictorOptions,
  ResumableTrainer,
  StepResult,
  Trainer,
  TrainerMemory,
  TrainerOptions,
  TrainLimits,
  TrainResult,
} from "./options/trainer-types.ts";
export { createPredictorWith, createTrainerWith, restoreTrainerWith } from "./trainer/create-trainer.ts";
export { drawParamsWith } from "./trainer/draw-params.ts";
