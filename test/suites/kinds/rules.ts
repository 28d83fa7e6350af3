import {
  adam,
  allSets,
  backprop,
  batchNorm,
  conv2d,
  createTrainer,
  dense,
  flatten,
  restoreTrainer,
  sequential,
  stepSchedule,
  toDataset,
} from "edgeprop";
import type { LayerSpec, Model, RuleSpec, Sets, TrainerOptions } from "edgeprop";
import { bindRule } from "edgeprop/model";
import { describe, it } from "vitest";
import { relativeError } from "../../../scripts/vector-case.ts";
import { referenceDirection } from "../../../src/reference/index.ts";
import { problemFor, toRows } from "../../support/problems.ts";
import type { SpecsOf } from "../../support/specs.ts";

export interface RuleSuiteOptions {
  /** Whether the float64 reference computes the direction too. Default true. */
  readonly isInReference?: boolean;
}

/** With layers that are linear in their params and one that is not. */
function modelsOf(sets: Sets): Readonly<Record<string, Model>> {
  return {
    dense: sequential({ input: [7], sets }, [
      dense(9, { activation: "tanh" }),
      batchNorm({ epsilon: 0.1 }),
      dense(6, { activation: "gelu" }),
      dense(3),
    ]),
    conv2d: sequential({ input: [4, 5, 2], sets }, [
      conv2d(5, { kernelSize: 2, padding: "same", activation: "tanh" }),
      conv2d(3, { kernelSize: 3, stride: 2, padding: 1, activation: "sigmoid" }),
      flatten(),
      dense(3),
    ]),
  };
}

/**
 * A set's rule has the reference's direction, leaves what it does not train, keeps what it keeps where a step fails, and
 * is carried by models and checkpoints.
 */
export function describeRules<Set extends Sets["rules"]>(
  rules: Set,
  specsByName: SpecsOf<Set, RuleSpec>,
  { isInReference = true }: RuleSuiteOptions = {},
): void {
  // Backprop is what other layers of a model may follow.
  const sets: Sets = { ...allSets, rules: { ...rules, backprop: allSets.rules.backprop } };
  const specs: readonly RuleSpec[] = Object.values(specsByName).flat();
  const models = Object.entries(modelsOf(sets));
  const cases = specs.flatMap((rule) => models.map(([layers, model]) => ({ rule, layers, model })));
  const loss = "softmaxCrossEntropy";
  const optionsWith = (rule: RuleSpec): TrainerOptions => ({
    loss,
    rule,
    optimizer: adam({ learningRate: 0.02 }),
    batchSize: 6,
  });

  describe("rules", () => {
    it.for(Object.entries(rules))("%s has the name that stands for it", ([name, type], { expect }) => {
      expect(type.name).toBe(name);
    });

    it.for(specs)("%o is complete, survives JSON, and takes no other field", (spec, { expect }) => {
      expect(bindRule(spec, "rule", sets.rules).spec).toEqual(spec);
      expect(bindRule(JSON.parse(JSON.stringify(spec)), "rule", sets.rules).spec).toEqual(spec);
      expect(() => bindRule({ ...spec, tua: 1 }, "rule", sets.rules)).toThrow(
        expect.objectContaining({
          code: "bad-option",
          message: expect.stringMatching(/^rule\.tua is not a known field/),
        }),
      );
    });

    it.for(
      isInReference
        ? cases.flatMap((each) => [true, false].map((deterministic) => ({ ...each, deterministic })))
        : [],
    )(
      "$rule has the reference's direction in $layers layers, deterministic $deterministic",
      async ({ rule, model, deterministic }, { expect }) => {
        for (let seed = 1; seed <= 5; seed++) {
          // A full batch, and short ones.
          const problem = problemFor(model, { seed, rows: 7 - seed, loss });
          const trainer = await createTrainer(model, { ...optionsWith(rule), seed, deterministic });
          const params = await trainer.getParams();
          const expected = referenceDirection(model, { loss, rule, seed }, params, toRows(problem));
          const { direction } = await trainer.direction(problem.batch);
          // Float32's 6e-8, grown by sums of some hundred terms and by tau up to 3 against A^T A.
          expect(relativeError(direction, expected.direction)).toBeLessThan(1e-3);
        }
      },
    );

    it.for(cases)(
      "$rule only looks where a direction is asked for, in $layers layers",
      async ({ rule, model }, { expect }) => {
        const { batch } = problemFor(model, { seed: 2, rows: 6, loss });
        const [asked, plain] = await Promise.all([1, 2].map(() => createTrainer(model, optionsWith(rule))));
        for (const trainer of [asked, plain]) await trainer?.step(batch);
        const once = await asked?.direction(batch);
        expect(await asked?.direction(batch)).toEqual(once);
        for (const trainer of [asked, plain]) await trainer?.step(batch);
        expect(await asked?.checkpoint()).toEqual(await plain?.checkpoint());
      },
    );

    it.for(cases)(
      "$rule goes on from a checkpoint to the same bytes, within an epoch, in $layers layers",
      async ({ rule, model }, { expect }) => {
        const { batch } = problemFor(model, { seed: 3, rows: 16, loss });
        const dataset = toDataset({
          inputs: batch.inputs,
          targets: batch.targets,
          inputSize: model.inputSize,
        });
        const trainer = await createTrainer(model, optionsWith(rule));
        // Of three steps per epoch, the last has 4 examples.
        await trainer.train(dataset, { maxSteps: 4 });
        const bytes = await trainer.checkpoint();
        const restored = await restoreTrainer(bytes, { sets });
        expect(await restored.checkpoint()).toEqual(bytes);
        for (const each of [trainer, restored]) await each.train(dataset, { maxSteps: 3 });
        expect(await restored.checkpoint()).toEqual(await trainer.checkpoint());
      },
    );

    it.for(cases)("$rule leaves frozen layers, in $layers layers", async ({ rule, model }, { expect }) => {
      const { batch } = problemFor(model, { seed: 4, rows: 6, loss });
      const possible = model.placed.filter(({ params }) => params.length > 0).map(({ index }) => index);
      const trainable = possible.slice(1);
      const [frozen] = model.placed[possible[0] ?? 0]?.params ?? [];
      const end = model.placed[possible[1] ?? 0]?.params[0]?.offset ?? 0;
      const trainer = await createTrainer(model, { ...optionsWith(rule), trainable });
      const before = await trainer.getParams();
      const { direction } = await trainer.direction(batch);
      expect(direction.subarray(frozen?.offset ?? 0, end).every((value) => value === 0)).toBe(true);
      await trainer.step(batch);
      const after = await trainer.getParams();
      expect(after.subarray(0, end)).toEqual(before.subarray(0, end));
      expect(after.subarray(end)).not.toEqual(before.subarray(end));
    });

    it.for(specs)("%o may be the rule of one layer, and the others keep theirs", async (rule, { expect }) => {
      const [first, ...others] = [
        dense(9, { activation: "tanh" }),
        dense(6, { activation: "tanh" }),
        dense(3),
      ];
      const own: LayerSpec & { readonly rule: RuleSpec } = { ...first, type: "dense", rule };
      const model = sequential({ input: [7], sets }, [own, ...others]);
      const plain = sequential({ input: [7] }, [{ ...own, rule: backprop() } as LayerSpec, ...others]);
      const { batch } = problemFor(model, { seed: 5, rows: 6, loss });
      const [found, expected] = await Promise.all(
        [model, plain].map(async (each) =>
          (await createTrainer(each, optionsWith(backprop()))).direction(batch),
        ),
      );
      const length = 8 * 9;
      expect(found?.direction.slice(length)).toEqual(expected?.direction.slice(length));
      const whole = sequential(
        { input: [7], sets },
        [first, ...others].filter((layer) => layer !== undefined),
      );
      const ofAll = await (await createTrainer(whole, optionsWith(rule))).direction(batch);
      expect(found?.direction.slice(0, length)).toEqual(ofAll.direction.slice(0, length));
    });

    it.for(cases)(
      "$rule keeps what it keeps where a step fails, in $layers layers",
      async ({ rule, model }, { expect }) => {
        const { batch } = problemFor(model, { seed: 6, rows: 6, loss });
        // The second step's learning rate is beyond float32.
        const schedule = stepSchedule({ every: 1, factor: 1e300 });
        const trainer = await createTrainer(model, { ...optionsWith(rule), schedule });
        await trainer.step(batch);
        const before = await trainer.checkpoint();
        await expect(trainer.step(batch)).rejects.toMatchObject({ code: "non-finite" });
        expect(await trainer.checkpoint()).toEqual(before);
      },
    );
  });
}
