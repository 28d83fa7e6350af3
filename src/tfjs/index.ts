/** The Trainer on tfjs, whatever its backend; the entry of each platform adds how the kernels are loaded. */
export { createTfjsTrainerWith } from "./create-tfjs-trainer.ts";
export type { TfjsTrainer } from "./tfjs-trainer.ts";
