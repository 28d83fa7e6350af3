export { createTrainerWith } from "./create-trainer.ts";
export { adam, momentum, nesterov, sgd } from "./optimizers.ts";
export type { AdamOptions, MomentumOptions, SgdOptions } from "./optimizers.ts";
export type {
  AdamOptimizer,
  BackpropRule,
  Optimizer,
  ProxPropRule,
  SgdOptimizer,
  UpdateRule,
} from "./options.ts";
export { planMemory } from "./plan-memory.ts";
export type { MemoryPlanOptions } from "./plan-memory.ts";
export type {
  Batch,
  DirectionResult,
  EpochResult,
  Evaluation,
  FitOptions,
  StepResult,
  Trainer,
  TrainerOptions,
  TrainLimits,
  TrainResult,
} from "./types.ts";
export { backprop, proxProp } from "./update-rules.ts";
export type { ProxPropOptions } from "./update-rules.ts";
