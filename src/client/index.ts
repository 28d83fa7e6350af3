export type { HttpOptions } from "./http.ts";
export { createOperator } from "./operator.ts";
export type { Operator, OperatorOptions } from "./operator.ts";
export { createOrchestrator } from "./orchestrator.ts";
export type { Orchestrator, OrchestratorOptions } from "./orchestrator.ts";
export { createDataSource } from "./participant.ts";
export type { CreatePredictor, CreateTrainer, DataSource, Participant, Slicing } from "./participant.ts";
export { takeTurn } from "./take-turn.ts";
export type { Turn } from "./take-turn.ts";
export { trainTask } from "./train-task.ts";
export { createTrainerWorker } from "./trainer-worker.ts";
export type {
  EdgeClientPlace,
  EdgeClientStatus,
  TrainerWorker,
  TrainerWorkerOptions,
} from "./trainer-worker.ts";
