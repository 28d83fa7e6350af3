/** The Trainer on tfjs, whatever its backend; the entry of each platform adds how the kernels are loaded. */
export { createTfjsPredictorWith, createTfjsTrainerWith } from "./create-tfjs-trainer.ts";
export type { TfjsPredictor, TfjsTrainer } from "./create-tfjs-trainer.ts";
