import { backprop, createTrainer, proxProp, sgd } from "edgeprop";
import type { TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";
import { createProblem } from "../../support/problems.ts";

const problem = createProblem({
  seed: 2,
  rows: 6,
  sizes: [5, 7, 3],
  activation: "tanh",
  loss: "softmaxCrossEntropy",
});
const defaults: TrainerOptions = {
  loss: problem.loss,
  rule: backprop(),
  optimizer: sgd({ learningRate: 1 }),
  batchSize: 6,
};

function norm(values: ArrayLike<number>): number {
  return Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
}

/** What a step of learning rate 1 takes away. */
async function moveOf(options: Partial<TrainerOptions>): Promise<{ move: number[]; direction: number[] }> {
  const trainer = await createTrainer(problem.model, { ...defaults, ...options });
  const before = await trainer.getParams();
  const { direction } = await trainer.direction(problem.batch);
  await trainer.step(problem.batch);
  return { move: [...(await trainer.getDelta(before))].map((value) => -value), direction: [...direction] };
}

describe("clipNorm", () => {
  it.for([backprop(), proxProp({ tau: 5 })])(
    "scales a longer direction to its norm, as clip_grad_norm_: $name",
    async (rule, { expect }) => {
      const { direction } = await moveOf({ rule });
      const clipNorm = norm(direction) / 3;
      const { move } = await moveOf({ rule, clipNorm });
      const factor = clipNorm / (norm(direction) + 1e-6);
      for (const [i, value] of move.entries())
        // Float32's 6e-8 of params below 1, of which the move is a difference.
        expect(Math.abs(value - factor * (direction[i] ?? 0))).toBeLessThan(2e-7);
    },
  );

  it("leaves a shorter one as it is, to the bit", async ({ expect }) => {
    const { move, direction } = await moveOf({});
    expect((await moveOf({ clipNorm: 1.01 * norm(direction) })).move).toEqual(move);
  });

  it("is of the layers that train, together", async ({ expect }) => {
    const { direction } = await moveOf({ trainable: [1] });
    const clipNorm = norm(direction) / 2;
    const { move } = await moveOf({ trainable: [1], clipNorm });
    expect(Math.abs(norm(move) - clipNorm)).toBeLessThan(1e-6);
    expect(move.slice(0, 42).every((value) => value === 0)).toBe(true);
  });

  it("takes a direction whose squares would overflow in float32", async ({ expect }) => {
    const targets = new Float32Array(18).fill(1e30);
    const trainer = await createTrainer(problem.model, {
      ...defaults,
      loss: "meanSquaredError",
      clipNorm: 0.5,
    });
    const before = await trainer.getParams();
    await trainer.step({ ...problem.batch, targets });
    expect(Math.abs(norm(await trainer.getDelta(before)) - 0.5)).toBeLessThan(1e-6);
  });

  it("of zero directions stays zero, and is positive", async ({ expect }) => {
    const weights = new Float32Array(6);
    const trainer = await createTrainer(problem.model, { ...defaults, clipNorm: 1e-3 });
    const before = await trainer.getParams();
    await trainer.step({ ...problem.batch, weights });
    expect(await trainer.getParams()).toEqual(before);
    await expect(moveOf({ clipNorm: 0 })).rejects.toMatchObject({
      code: "bad-option",
      message: "clipNorm is 0; expected a finite number above 0",
    });
  });
});
