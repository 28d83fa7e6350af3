export { createOrchestrator } from "./http-client.ts";
export type { Orchestrator, OrchestratorOptions } from "./http-client.ts";
export { createDataSource } from "./participant.ts";
export type { CreateTrainer, DataSource, Participant, Slicing } from "./participant.ts";
export { takeTurn } from "./take-turn.ts";
export type { Turn } from "./take-turn.ts";
export { trainTask } from "./train-task.ts";
