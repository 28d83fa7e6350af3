import {
  adam,
  allSets,
  backprop,
  createPredictor,
  createTrainer,
  dense,
  flatten,
  layerNorm,
  parseModelSpec,
  proxProp,
  restoreTrainer,
  sequential,
} from "edgeprop";
import type { LayerSpec, Model, Sets } from "edgeprop";
import fc from "fast-check";
import { describe, it } from "vitest";
import { referenceDirection } from "../../../src/reference/index.ts";
import { errorAgainstReference, errorOf, mixedProblem } from "../../support/layers.ts";
import type { LayerExample } from "../../support/layer-examples.ts";
import { toRows } from "../../support/problems.ts";

/** Shapes of inputs that a layer takes; images of odd sides, and of more channels than a lane. */
const shapes: Readonly<Record<LayerExample["takes"], fc.Arbitrary<readonly number[]>>> = {
  vector: fc.tuple(fc.integer({ min: 1, max: 9 })),
  tokens: fc.tuple(fc.integer({ min: 1, max: 5 })),
  sequence: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 9 })),
  image: fc.tuple(
    fc.integer({ min: 3, max: 6 }),
    fc.integer({ min: 3, max: 5 }),
    fc.integer({ min: 1, max: 6 }),
  ),
  any: fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 9 })),
    fc.tuple(fc.integer({ min: 3, max: 5 }), fc.constant(4), fc.integer({ min: 1, max: 6 })),
  ),
};

const losses = fc.constantFrom("softmaxCrossEntropy", "meanSquaredError");

/** The layer alone, or behind one that trains, so that something flows on; in front of a head. */
function modelsWith({ takes, specs }: LayerExample, sets: Sets): fc.Arbitrary<Model> {
  return fc.tuple(specs, shapes[takes], fc.boolean()).map(([spec, input, isBehind]) => {
    const before = takes === "tokens" || !isBehind ? [] : [frontFor(input)];
    return sequential({ input, sets }, [...before, spec, flatten(), dense(3)]);
  });
}

/** A layer with params that leaves the shape and treats each example by itself. */
function frontFor(input: readonly number[]): LayerSpec {
  const [inputs = 1, ...others] = input;
  return others.length === 0 ? dense(inputs, { activation: "tanh" }) : layerNorm({ epsilon: 0.5 });
}

/**
 * A set's layer computes what the reference does, whose gradient is that of finite differences; it is frozen, carried
 * and read as it says.
 */
export function describeLayers<Set extends Sets["layers"]>(
  layers: Set,
  examples: { readonly [Name in keyof Set]: LayerExample },
): void {
  // Edgeprop's own stand before and behind it.
  const sets: Sets = { ...allSets, layers: { ...allSets.layers, ...layers } };
  const each = Object.entries(layers).map(([name, type]) => ({
    name,
    type,
    example: examples[name] as LayerExample,
  }));

  describe("layers", () => {
    it.for(each)("$name has the type that stands for it", ({ name, type }, { expect }) => {
      expect(type.type).toBe(name);
    });

    it.for(each)(
      "$name has complete specs, which survive JSON and take no other field",
      ({ example }, { expect }) => {
        fc.assert(
          fc.property(modelsWith(example, sets), (model) => {
            expect(parseModelSpec(JSON.parse(JSON.stringify(model)), { sets })).toEqual(model);
            const index = model.layers.length - 3;
            const surplus = model.layers.map((layer, i) => (i === index ? { ...layer, untis: 1 } : layer));
            expect(() => parseModelSpec({ ...model, layers: surplus }, { sets })).toThrow(
              expect.objectContaining({
                code: "bad-option",
                message: expect.stringContaining(`layers[${index}].untis is not a known field`),
              }),
            );
          }),
          { numRuns: 20 },
        );
      },
    );

    for (const rule of [backprop(), proxProp({ tau: 2, lastLayer: "prox" })]) {
      it.for(each)(
        `$name has the reference's outputs and direction by ${rule.name}`,
        async ({ example }, { expect }) => {
          await fc.assert(
            fc.asyncProperty(
              modelsWith(example, sets),
              fc.record({ seed: fc.nat(), rows: fc.integer({ min: 1, max: 6 }), loss: losses }),
              fc.boolean(),
              async (model, options, deterministic) => {
                const problem = mixedProblem(model, options);
                // Float32's 6e-8, grown by sums of some hundred terms, and by layers that normalise.
                expect(
                  await errorAgainstReference(problem, rule, { seed: options.seed, deterministic }),
                ).toBeLessThan(1e-3);
              },
            ),
            { numRuns: 30 },
          );
        },
      );
    }

    it.for(each)(
      "$name has, in the reference, the gradient of finite differences",
      ({ example }, { expect }) => {
        fc.assert(
          fc.property(modelsWith(example, sets), fc.nat({ max: 1e6 }), losses, (model, seed, loss) => {
            const problem = mixedProblem(model, { seed, rows: 3, loss });
            const batch = toRows(problem);
            const options = { loss, rule: backprop(), seed };
            const isTrained = model.placed.flatMap(({ params }) =>
              params.flatMap((param) => Array.from({ length: param.length }, () => param.isTrained)),
            );
            // Running moments above 0: variances are among them.
            const params = isTrained.map((trains, i) => Math.sin(3 * i + seed) / 2 + (trains ? 0 : 0.6));
            const { direction } = referenceDirection(model, options, params, batch);
            const h = 1e-5;
            const lossAt = (i: number, by: number): number =>
              referenceDirection(model, options, params.with(i, (params[i] ?? 0) + by), batch).loss;
            const probes = Array.from({ length: 8 }, (_, probe) => (probe * 7919 + seed) % params.length);
            const differences = (from: number, to: number): number[] =>
              probes.map((i) =>
                isTrained[i] === true ? (lossAt(i, to) - lossAt(i, from)) / (to - from) : 0,
              );
            const expected = differences(-h, h);
            // Where another value of a window becomes the largest, or a unit opens, there is no slope to compare with:
            // on the way half the step finds another one, and right here either side has its own.
            fc.pre(errorOf(differences(-h / 2, h / 2), expected) < 5e-7);
            fc.pre(errorOf(differences(-h, 0), differences(0, h)) < 1e-2);
            // Central differences err by h^2 times a third derivative, and by 2^-53 / h.
            expect(
              errorOf(
                probes.map((i) => direction[i] ?? Number.NaN),
                expected,
              ),
            ).toBeLessThan(1e-6);
          }),
          { numRuns: 20 },
        );
      },
    );

    it.for(each)("$name is left as it is where it is frozen", async ({ example }, { expect }) => {
      await fc.assert(
        fc.asyncProperty(modelsWith(example, sets), fc.nat(), async (model, seed) => {
          const trainable = [model.layers.length - 1];
          const problem = mixedProblem(model, { seed, rows: 4, loss: "softmaxCrossEntropy" });
          expect(await errorAgainstReference(problem, backprop(), { seed, trainable })).toBeLessThan(1e-3);
        }),
        { numRuns: 15 },
      );
    });

    it.for(each)("$name goes on from a checkpoint to the same bytes", async ({ example }, { expect }) => {
      await fc.assert(
        fc.asyncProperty(modelsWith(example, sets), fc.nat(), async (model, seed) => {
          const { batch, rows } = mixedProblem(model, { seed, rows: 4, loss: "softmaxCrossEntropy" });
          const trainer = await createTrainer(model, {
            loss: "softmaxCrossEntropy",
            rule: backprop(),
            optimizer: adam(),
            batchSize: rows,
            seed,
          });
          await trainer.step(batch);
          const restored = await restoreTrainer(await trainer.checkpoint(), { sets });
          for (const one of [trainer, restored]) await one.step(batch);
          expect(await restored.checkpoint()).toEqual(await trainer.checkpoint());
          expect(await restored.predict(batch.inputs)).toEqual(await trainer.predict(batch.inputs));
        }),
        { numRuns: 15 },
      );
    });

    it.for(each)(
      "$name does to an example the same in any batch, where it says so: in training; and always in prediction",
      async ({ type, example }, { expect }) => {
        await fc.assert(
          fc.asyncProperty(modelsWith(example, sets), fc.nat(), async (model, seed) => {
            const loss = "meanSquaredError";
            const { batch, rows } = mixedProblem(model, { seed, rows: 3, loss });
            const options = { loss, rule: backprop(), optimizer: adam(), batchSize: rows, seed };
            const trainer = await createTrainer(model, options);
            const { inputSize, outputSize } = model;
            const whole = await trainer.predict(batch.inputs);
            const { outputs } = await trainer.direction(batch);
            for (let row = 0; row < rows; row++) {
              const inputs = batch.inputs.slice(row * inputSize, (row + 1) * inputSize);
              const own = (values: ArrayLike<number>): number[] =>
                Array.from(values).slice(row * outputSize, (row + 1) * outputSize);
              // Products of other sizes may add in another order.
              expect(errorOf(await trainer.predict(inputs), own(whole))).toBeLessThan(1e-5);
              if (!type.isPerExample) continue;
              const alone = await trainer.direction({ inputs, targets: new Float32Array(outputSize) });
              expect(errorOf(alone.outputs, own(outputs))).toBeLessThan(1e-5);
            }
          }),
          { numRuns: 15 },
        );
      },
    );

    const keeping = each.filter(({ type }) => type.keepsRange === true);
    it.for(keeping)(
      "$name keeps its outputs within the range of its inputs, as it says",
      async ({ example }, { expect }) => {
        await fc.assert(
          fc.asyncProperty(
            fc.tuple(example.specs, shapes[example.takes]),
            fc.nat(),
            async ([spec, input], seed) => {
              const size = input.reduce((product, length) => product * length, 1);
              const model = sequential({ input, sets }, [spec]);
              const head = sequential({ input: [size], sets }, [dense(1)]);
              const { batch, rows } = mixedProblem(head, { seed, rows: 3, loss: "meanSquaredError" });
              const predictor = await createPredictor(model, { loss: "meanSquaredError", batchSize: rows });
              const outputs = await predictor.predict(batch.inputs);
              const slack = 1e-6;
              expect(Math.min(...outputs)).toBeGreaterThanOrEqual(Math.min(...batch.inputs) - slack);
              expect(Math.max(...outputs)).toBeLessThanOrEqual(Math.max(...batch.inputs) + slack);
            },
          ),
          { numRuns: 15 },
        );
      },
    );
  });
}
