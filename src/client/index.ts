export { createOrchestrator } from "./http-client.ts";
export type { Orchestrator, OrchestratorOptions } from "./http-client.ts";
export { takeTurn } from "./take-turn.ts";
export type { Participant, Turn } from "./take-turn.ts";
export { trainTask } from "./train-task.ts";
export type { CreateTrainer, Slicing } from "./train-task.ts";
