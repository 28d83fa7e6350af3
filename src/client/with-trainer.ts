import type { Trainer } from "../training/index.ts";

/** Uses a trainer for one task and gives back what it holds, however the task ends. */
export async function withTrainer<T>(
  create: Promise<Trainer>,
  use: (trainer: Trainer) => Promise<T>,
): Promise<T> {
  const trainer: Trainer & { dispose?(): Promise<void> } = await create;
  try {
    return await use(trainer);
  } finally {
    await trainer.dispose?.();
  }
}
