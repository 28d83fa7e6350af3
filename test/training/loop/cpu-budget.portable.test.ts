import { createTrainer, createTrainerWith, loadKernels, streamExamples } from "edgeprop";
import type { ResumableTrainer } from "edgeprop";
import { describe, it } from "vitest";
import { createBytes, defaults, hex, model } from "../../suites/training.ts";

/** A clock of the test's own: it moves by `stepMs` for every batch of the stream that is asked for. */
interface FakeTime {
  now: number;
  pauses: number;
}

/** Every step takes `stepMs`: each is one chunk of the stream, and pulling one moves the time. */
function timedExamples(time: FakeTime, stepMs: number) {
  const { inputs, targets } = createBytes();
  return streamExamples(
    async function* () {
      for (let begin = 0; begin < 45; begin += 8) {
        time.now += stepMs;
        yield { inputs: inputs.slice(begin * 6, (begin + 8) * 6), targets: targets.slice(begin, begin + 8) };
      }
    },
    { inputSize: 6 },
  );
}

function createOn(time: FakeTime): Promise<ResumableTrainer> {
  return createTrainerWith({ loadKernels, clock: { now: () => time.now } }, model, defaults);
}

/** The clock shows what it showed after the last pause. */
function createOnFrozen(time: FakeTime): Promise<ResumableTrainer> {
  let shown = time.now;
  return createTrainerWith(
    {
      loadKernels,
      clock: { now: () => shown, movesInPauses: true },
      async pause() {
        time.pauses += 1;
        shown = time.now;
      },
    },
    model,
    defaults,
  );
}

describe("a cpuBudgetMs", () => {
  it.for([
    [0, 1],
    [9, 1],
    [10, 1],
    [11, 2],
    [35, 4],
    [50, 5],
  ] as const)("of %i ms takes %i steps of 10 ms", async ([cpuBudgetMs, steps], { expect }) => {
    const time = { now: 1000, pauses: 0 };
    const trainer = await createOn(time);
    expect(await trainer.train(timedExamples(time, 10), { cpuBudgetMs })).toMatchObject({ steps });
  });

  it.for([1, 3, 10, 100, 1000])(
    "of %i ms is met where the clock moves in pauses alone",
    async (cpuBudgetMs, { expect }) => {
      const time = { now: 0, pauses: 0 };
      const trainer = await createOnFrozen(time);
      const { steps } = await trainer.train(timedExamples(time, 1), { cpuBudgetMs });
      // With steps that are all alike the slices end within one step of the budget.
      expect(steps).toBe(cpuBudgetMs);
      // Slices double up to 20 ms, and halve towards the end.
      expect(time.pauses).toBeLessThanOrEqual(cpuBudgetMs / 20 + 12);
    },
  );

  it("ends in slices that add up to the bytes of a single call", async ({ expect }) => {
    const whole = await createTrainer(model, defaults);
    await whole.train(timedExamples({ now: 0, pauses: 0 }, 0), { epochs: 4 });
    for (const create of [createOn, createOnFrozen]) {
      const time = { now: 0, pauses: 0 };
      const sliced = await create(time);
      const examples = timedExamples(time, 7);
      let calls = 0;
      for (let isDone = false; !isDone; calls++)
        ({ isDone } = await sliced.train(examples, { cpuBudgetMs: 20, epochs: 4 }));
      expect(calls).toBeGreaterThan(4);
      expect(hex(await sliced.getParams())).toBe(hex(await whole.getParams()));
    }
  });

  it("does not outlive the other limits", async ({ expect }) => {
    const time = { now: 0, pauses: 0 };
    const trainer = await createOn(time);
    const examples = timedExamples(time, 1);
    expect(await trainer.train(examples, { cpuBudgetMs: 1e9, maxSteps: 4 })).toMatchObject({ steps: 4 });
    expect(await trainer.train(examples, { cpuBudgetMs: 1e9, epochs: 1 })).toMatchObject({
      steps: 2,
      isDone: true,
    });
  });

  it("takes at least a step by the clock that this platform has, and comes to an end", async ({ expect }) => {
    const trainer = await createTrainer(model, defaults);
    for (const cpuBudgetMs of [0, 1, 20]) {
      const { steps } = await trainer.train(createBytes(), { cpuBudgetMs });
      expect(steps).toBeGreaterThanOrEqual(1);
    }
  });

  it.for([-1, Number.NaN, Infinity])("of %f is refused", async (cpuBudgetMs, { expect }) => {
    const trainer = await createTrainer(model, defaults);
    await expect(trainer.train(createBytes(), { cpuBudgetMs })).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringMatching(/cpuBudgetMs is .*; expected a finite number of at least 0/),
    });
  });

  it("needs a clock", async ({ expect }) => {
    const trainer = await createTrainerWith(loadKernels, model, defaults);
    await expect(trainer.train(createBytes(), { cpuBudgetMs: 1 })).rejects.toMatchObject({
      code: "unsupported",
    });
  });
});
