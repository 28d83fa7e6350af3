import type { EpochResult, FitOptions, FitStep, Trainer, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";
import type { CreateTrainer } from "../../scripts/vector-case.ts";
import { createBytes, defaults, hex, model } from "./training.ts";

/** Every label is another class: the better the training, the worse the validation. */
function createContrary() {
  const dataset = createBytes();
  return { ...dataset, targets: Uint8Array.from(dataset.targets, (label) => (label + 1) % 3) };
}

/** `fit` of every Trainer: its options change what is told and when it ends, never what a step does. */
export function describeFitting(createTrainer: CreateTrainer): void {
  function create(options: Partial<TrainerOptions> = {}): Promise<Trainer> {
    return createTrainer(model, { ...defaults, ...options });
  }

  async function run(trainer: Trainer, options: FitOptions): Promise<EpochResult[]> {
    const epochs: EpochResult[] = [];
    for await (const epoch of trainer.fit(createBytes(), options)) epochs.push(epoch);
    return epochs;
  }

  /** Params after each epoch, by an iteration that asks for nothing. */
  async function plainEpochs(
    validation: ReturnType<typeof createBytes>,
  ): Promise<{ params: string; loss: number }[]> {
    const trainer = await create();
    const found: { params: string; loss: number }[] = [];
    for await (const epoch of trainer.fit(createBytes(), { epochs: 6, validation })) {
      found.push({ params: hex(await trainer.getParams()), loss: epoch.validation?.loss ?? Number.NaN });
    }
    return found;
  }

  describe("fitting", () => {
    it("tells every step, and waits for who listens", async ({ expect }) => {
      const [plain, told] = await Promise.all([create(), create()]);
      const steps: FitStep[] = [];
      let isListening = false;
      const onStep = async (step: FitStep): Promise<void> => {
        expect(isListening).toBe(false);
        isListening = true;
        await Promise.resolve();
        await told.evaluate(createBytes());
        isListening = false;
        steps.push(step);
      };
      const epochs = await run(told, { epochs: 2, onStep });
      expect(epochs).toEqual(await run(plain, { epochs: 2 }));
      expect(hex(await told.getParams())).toBe(hex(await plain.getParams()));
      expect(steps.map(({ epoch, step, numExamples }) => [epoch, step, numExamples])).toEqual(
        [1, 2].flatMap((epoch) => [8, 8, 8, 8, 8, 5].map((rows, index) => [epoch, index + 1, rows])),
      );
      const lossSum = steps.slice(6).reduce((sum, { loss, numExamples }) => sum + loss * numExamples, 0);
      expect(lossSum / 45).toBeCloseTo(epochs[1]?.loss ?? 0, 9);
    });

    it("goes on within an epoch that another call has begun", async ({ expect }) => {
      const [plain, begun] = await Promise.all([create(), create()]);
      await run(plain, { epochs: 1 });
      await begun.train(createBytes(), { maxSteps: 2 });
      const steps: number[] = [];
      await run(begun, { epochs: 1, onStep: ({ step }) => void steps.push(step) });
      expect(steps).toEqual([3, 4, 5, 6]);
      expect(hex(await begun.getParams())).toBe(hex(await plain.getParams()));
    });

    it.for([1, 2])(
      "stops after %i epochs without improvement, says which was best, and brings it back",
      async (patience, { expect }) => {
        const validation = createContrary();
        const plain = await plainEpochs(validation);
        const least = Math.min(...plain.map(({ loss }) => loss));
        const best = plain.findIndex(({ loss }) => loss === least);
        const last = plain.findIndex(
          (_, index) =>
            index >= patience &&
            plain
              .slice(index - patience + 1, index + 1)
              .every(
                ({ loss }) => loss > Math.min(...plain.slice(0, index - patience + 1).map((p) => p.loss)),
              ),
        );
        const [stopped, restored] = await Promise.all([create(), create()]);
        const options = { epochs: 6, validation, earlyStopping: { patience } };
        const epochs = await run(stopped, options);
        expect(epochs).toHaveLength(last + 1);
        expect(epochs.map(({ isBest }) => isBest)).toEqual(
          plain
            .slice(0, last + 1)
            .map(({ loss }, index) => plain.slice(0, index).every((before) => before.loss > loss)),
        );
        expect(hex(await stopped.getParams())).toBe(plain[last]?.params);
        await run(restored, { ...options, restoreBest: true });
        expect(hex(await restored.getParams())).toBe(plain[best]?.params);
      },
    );

    it("brings the best params back when the iteration is broken off or comes to its end", async ({
      expect,
    }) => {
      const validation = createContrary();
      const [first] = await plainEpochs(validation);
      const options = { validation, restoreBest: true };
      const [ended, broken] = await Promise.all([create(), create()]);
      await run(ended, { ...options, epochs: 3 });
      for await (const { epoch } of broken.fit(createBytes(), { ...options, epochs: 6 })) {
        if (epoch === 2) break;
      }
      for (const trainer of [ended, broken]) expect(hex(await trainer.getParams())).toBe(first?.params);
    });

    it("takes an improvement below minDelta for none, and can go by accuracy", async ({ expect }) => {
      const validation = createBytes();
      const flat = await run(await create(), {
        epochs: 9,
        validation,
        earlyStopping: { patience: 2, minDelta: 100 },
      });
      expect(flat.map(({ isBest }) => isBest)).toEqual([true, false, false]);
      const epochs = await run(await create(), {
        epochs: 30,
        validation,
        earlyStopping: { patience: 3, monitor: "accuracy" },
      });
      const accuracies = epochs.map((epoch) => epoch.validation?.accuracy ?? 0);
      expect(epochs.map(({ isBest }) => isBest)).toEqual(
        accuracies.map((accuracy, index) => accuracies.slice(0, index).every((before) => before < accuracy)),
      );
      expect(epochs.length).toBeLessThan(30);
    });

    it("stops between two steps when its signal aborts, and can go on from there", async ({ expect }) => {
      const [whole, stopped] = await Promise.all([create(), create()]);
      const controller = new AbortController();
      const reason = new Error("enough");
      const onStep = ({ epoch, step }: FitStep): void => {
        if (epoch === 2 && step === 3) controller.abort(reason);
      };
      await expect(run(stopped, { epochs: 5, onStep, signal: controller.signal })).rejects.toBe(reason);
      await whole.train(createBytes(), { maxSteps: 9 });
      expect(hex(await stopped.getParams())).toBe(hex(await whole.getParams()));
      await expect(run(stopped, { epochs: 1, signal: controller.signal })).rejects.toBe(reason);
      expect(hex(await stopped.getParams())).toBe(hex(await whole.getParams()));
      for (const trainer of [whole, stopped]) await trainer.train(createBytes(), { epochs: 3 });
      expect(hex(await stopped.getParams())).toBe(hex(await whole.getParams()));
    });

    it("lets a timer abort it", async ({ expect }) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 0);
      await expect(
        run(await create(), { epochs: 1_000_000, signal: controller.signal }),
      ).rejects.toMatchObject({ name: "AbortError" });
    });

    const wrong: readonly [string, Partial<FitOptions>, RegExp][] = [
      ["no epochs", { epochs: 0 }, /epochs is 0; expected a positive integer/],
      [
        "earlyStopping without validation",
        { earlyStopping: { patience: 1 } },
        /earlyStopping is there without validation/,
      ],
      ["restoreBest without validation", { restoreBest: true }, /restoreBest is there without validation/],
      [
        "no patience",
        { validation: createBytes(), earlyStopping: { patience: 0 } },
        /patience is 0; expected a positive integer/,
      ],
      [
        "a negative minDelta",
        { validation: createBytes(), earlyStopping: { patience: 1, minDelta: -1 } },
        /minDelta is -1/,
      ],
      [
        "an unknown monitor",
        { validation: createBytes(), earlyStopping: { patience: 1, monitor: "f1" as "loss" } },
        /monitor is "f1"; expected one of "loss", "accuracy"/,
      ],
    ];
    it.for(wrong)("refuses %s, before anything trains", async ([, options, message], { expect }) => {
      const trainer = await create();
      const before = await trainer.getParams();
      await expect(run(trainer, { epochs: 1, ...options })).rejects.toMatchObject({
        code: "bad-option",
        message: expect.stringMatching(message),
      });
      expect(await trainer.getParams()).toEqual(before);
    });

    it("refuses to go by accuracy where there are no classes", async ({ expect }) => {
      const trainer = await create({ loss: "meanSquaredError" });
      const dataset = { ...createBytes(), targets: new Float32Array(45 * 3) };
      const fit = trainer.fit(dataset, {
        epochs: 1,
        validation: dataset,
        earlyStopping: { patience: 1, monitor: "accuracy" },
      });
      await expect(fit[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "bad-option" });
    });
  });
}
