import type { Predictor } from "../training/index.ts";

/** Uses a trainer or predictor for one task and gives back what it holds, however the task ends. */
export async function withTrainer<P extends Predictor, T>(
  create: Promise<P>,
  use: (trainer: P) => Promise<T>,
): Promise<T> {
  const trainer = await create;
  try {
    return await use(trainer);
  } finally {
    await trainer.dispose();
  }
}
