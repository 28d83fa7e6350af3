import {
  adam,
  allSets,
  backprop,
  constantSchedule,
  cosineSchedule,
  createTrainer,
  dense,
  restoreTrainer,
  sequential,
  stepSchedule,
  toDataset,
} from "edgeprop";
import type { KnownSchedule, ScheduleSpec, ScheduleType } from "edgeprop";
import { bindSpec } from "../../src/kinds/sets.ts";
import { describe, it } from "vitest";
import { relativeError } from "../../scripts/vector-case.ts";
import { referenceDirection, referenceUpdate } from "../../src/reference/index.ts";
import type { ReferenceState } from "../../src/reference/index.ts";
import { scheduleFactor } from "../../src/schedules/index.ts";
import { createProblem, toRows } from "../support/problems.ts";
import { optimizers, schedules } from "../support/specs.ts";

/** LinearLR, then StepLR or CosineAnnealingLR in the closed forms of PyTorch's documentation; t from 0. */
function expectedFactor(schedule: KnownSchedule, t: number): number {
  const { warmupSteps } = schedule;
  if (t < warmupSteps) {
    const start = 1 / (warmupSteps + 1);
    return start + ((1 - start) * Math.min(t, warmupSteps)) / warmupSteps;
  }
  const since = t - warmupSteps;
  switch (schedule.name) {
    case "constant":
      return 1;
    case "step":
      return schedule.factor ** Math.floor(since / schedule.every);
    case "cosine": {
      const { steps, finalFactor } = schedule;
      const bounded = Math.min(since, steps);
      return finalFactor + ((1 - finalFactor) * (1 + Math.cos((Math.PI * bounded) / steps))) / 2;
    }
    default:
      return schedule satisfies never;
  }
}

const problem = createProblem({
  seed: 5,
  rows: 9,
  sizes: [4, 6, 3],
  activation: "tanh",
  loss: "softmaxCrossEntropy",
});
const options = { loss: problem.loss, rule: backprop(), batchSize: 9 };

describe("a schedule", () => {
  it.for(schedules)("follows PyTorch's formulas: %o", (schedule, { expect }) => {
    const bound = bindSpec<ScheduleSpec, ScheduleType>(allSets.schedules, schedule, { path: "schedule" });
    for (let t = 0; t < 130; t++) {
      // Its own cosine and power against the engine's: float64's 1e-16, grown by a hundred products.
      expect(Math.abs(scheduleFactor(bound, t + 1) - expectedFactor(schedule, t))).toBeLessThan(1e-14);
    }
  });

  it.for(optimizers)(
    "multiplies the learning rate of $name, momentum $momentum",
    async (optimizer, { expect }) => {
      const schedule = cosineSchedule({ steps: 8, finalFactor: 0.1, warmupSteps: 3 });
      const trainer = await createTrainer(problem.model, { ...options, optimizer, schedule });
      let state: ReferenceState = { params: [...(await trainer.getParams())], steps: 0, moments: [] };
      for (let t = 0; t < 14; t++) {
        await trainer.step(problem.batch);
        const { direction } = referenceDirection(problem.model, options, state.params, toRows(problem));
        const learningRate = optimizer.learningRate * expectedFactor(schedule, t);
        state = referenceUpdate({ ...optimizer, learningRate }, state, direction);
      }
      // Fourteen steps, each adding a few roundings of 6e-8.
      expect(relativeError(await trainer.getParams(), state.params)).toBeLessThan(1e-5);
    },
  );

  it("goes on where a checkpoint was written", async ({ expect }) => {
    const dataset = toDataset({ ...problem.batch, inputSize: 4 });
    const create = () =>
      createTrainer(problem.model, {
        ...options,
        optimizer: adam(),
        batchSize: 2,
        schedule: cosineSchedule({ steps: 12, warmupSteps: 2 }),
        clipNorm: 0.25,
        classWeights: [1, 2, 0.5],
      });
    const [whole, first] = await Promise.all([create(), create()]);
    await first.train(dataset, { maxSteps: 7 });
    const second = await restoreTrainer(await first.checkpoint());
    await second.train(dataset, { maxSteps: 9 });
    await whole.train(dataset, { maxSteps: 16 });
    expect(await second.checkpoint()).toEqual(await whole.checkpoint());
  });

  const wrong: readonly [() => unknown, RegExp][] = [
    [() => stepSchedule({ every: 0, factor: 0.5 }), /every is 0; expected a positive integer/],
    [() => stepSchedule({ every: 2, factor: 0 }), /factor is 0; expected a finite number above 0/],
    [() => cosineSchedule({ steps: 1.5 }), /steps is 1.5; expected a positive integer/],
    [() => cosineSchedule({ steps: 2, finalFactor: -1 }), /finalFactor is -1/],
    [() => constantSchedule({ warmupSteps: -1 }), /warmupSteps is -1; expected an integer of at least 0/],
  ];
  it.for(wrong)("is refused where it makes no sense: %s", ([build, message], { expect }) => {
    expect(build).toThrow(message);
  });

  it("of another version is refused", async ({ expect }) => {
    const schedule = { name: "exponential" } as unknown as ScheduleSpec;
    await expect(
      createTrainer(sequential({ input: [1] }, [dense(1)]), { ...options, optimizer: adam(), schedule }),
    ).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(
        /^schedule\.name is "exponential"; expected one of "constant", "step", "cosine"$/,
      ),
    });
  });
});
