import {
  allSets,
  backprop,
  createRandom,
  createTrainer,
  dense,
  parseModelSpec,
  sequential,
  sgd,
} from "edgeprop";
import type { BoundLoss, LossSpec, Sets } from "edgeprop";
import type { Arena } from "edgeprop/runtime";
import { describe, it } from "vitest";
import { relativeError } from "../../../scripts/vector-case.ts";
import { lossOf, referenceDirection } from "../../../src/reference/index.ts";
import { builds, kernelArena, largestDifference, untouched } from "../../support/kernels.ts";
import type { Build } from "../../support/kernels.ts";
import { boundLoss, takesIndices } from "../../support/model.ts";
import { problemFor, toRows } from "../../support/problems.ts";
import type { SpecsOf } from "../../support/specs.ts";

/** Around lanes of 4. */
const shapes = [
  [0, 3],
  [1, 1],
  [2, 3],
  [3, 4],
  [5, 5],
  [7, 9],
  [33, 101],
] as const;

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly loss: BoundLoss;
  readonly isWeighted: boolean;
  readonly hasClassWeights: boolean;
}

function arenaFor(build: Build, { rows, columns, loss, isWeighted, hasClassWeights }: Case): Arena {
  const size = 4 * (rows * columns + 1);
  const arena = kernelArena(build, {
    outputs: size,
    targets: size,
    gradient: size,
    weights: 4 * rows,
    classWeights: 4 * columns,
  });
  const random = createRandom(rows * 1000 + columns);
  const [outputs, targets] = [arena.floats("outputs"), arena.floats("targets")];
  for (let i = 0; i < rows * columns; i++) {
    outputs[i] = 8 * random.uniform() - 4;
    targets[i] = random.uniform();
  }
  if (hasIndices(loss)) for (let i = 0; i < rows; i++) arena.ints("targets")[i] = random.below(columns);
  if (isWeighted)
    for (let i = 0; i < rows; i++) arena.floats("weights")[i] = i % 3 === 1 ? 0 : 2 * random.uniform();
  if (hasClassWeights)
    for (let j = 0; j < columns; j++) arena.floats("classWeights")[j] = 0.5 + random.uniform();
  arena.floats("gradient").fill(untouched);
  return arena;
}

function hasIndices({ type, spec }: BoundLoss): boolean {
  return type.targets(spec) === "indices";
}

/** The loss sum, as a step has it. */
function run(arena: Arena, { rows, columns, loss, isWeighted, hasClassWeights }: Case): number {
  const { kernels, view, integers } = arena;
  const [outputs, targets, gradient] = [arena.at("outputs"), arena.at("targets"), arena.at("gradient")];
  const weights = arena.at("weights");
  const classWeights = hasClassWeights ? arena.at("classWeights") : 0;
  const weightSum = kernels.sumOfWeights(rows, isWeighted ? weights : 0, classWeights, targets);
  const place = { kernels, columns, outputs, targets, weights, classWeights, gradient, view, integers };
  const call = loss.type.call(loss.spec, place);
  return call({ rows, weightSum, hasWeights: isWeighted, largestInput: 1 });
}

function cut(values: ArrayLike<number>, rows: number, width: number): number[][] {
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: width }, (__, j) => values[i * width + j] ?? 0),
  );
}

/** What lies in the arena, as the lists of rows that the formula takes. */
function readCase(arena: Arena, { rows, columns, loss, isWeighted, hasClassWeights }: Case) {
  const targets = hasIndices(loss)
    ? cut(arena.ints("targets"), rows, 1)
    : cut(arena.floats("targets"), rows, columns);
  return {
    outputs: cut(arena.floats("outputs"), rows, columns),
    options: {
      targets,
      ...(isWeighted ? { weights: [...arena.floats("weights")] } : {}),
      classWeights: hasClassWeights ? [...arena.floats("classWeights")] : undefined,
    },
  };
}

/** A set's loss is what its formula says, in one call and in a trainer, and its gradient is that of its values. */
export function describeLosses<Set extends Sets["losses"]>(
  losses: Set,
  specsByName: SpecsOf<Set, LossSpec>,
): void {
  const sets: Sets = { ...allSets, losses };
  const specs: readonly LossSpec[] = Object.values(specsByName).flat();

  describe("losses", () => {
    const bound = specs.map((spec) => ({ spec, loss: boundLoss(spec, sets) }));
    const forms = bound.flatMap(({ spec, loss }) =>
      [false, true].flatMap((isWeighted) =>
        (hasIndices(loss) ? [false, true] : [false]).map((hasClassWeights) => ({
          spec,
          loss,
          isWeighted,
          hasClassWeights,
        })),
      ),
    );

    it.for(Object.entries(losses))("%s has the name that stands for it", ([name, loss], { expect }) => {
      expect(loss.name).toBe(name);
    });

    it.for(bound)(
      "$spec is complete, survives JSON, and takes no other field",
      ({ spec, loss }, { expect }) => {
        expect(loss.spec).toEqual(spec);
        expect(boundLoss(JSON.parse(JSON.stringify(spec)) as LossSpec, sets).spec).toEqual(spec);
        const misspelt = { ...spec, detla: 1 };
        expect(() => boundLoss(misspelt, sets)).toThrow(
          expect.objectContaining({
            code: "bad-option",
            message: expect.stringMatching(/^loss\.detla is not a known field/),
          }),
        );
      },
    );

    for (const build of builds) {
      it.for(forms)(
        `$spec agrees with its formula on ${build}: weighted $isWeighted, by class $hasClassWeights`,
        ({ loss, isWeighted, hasClassWeights }, { expect }) => {
          for (const [rows, columns] of shapes) {
            const each = { rows, columns, loss, isWeighted, hasClassWeights };
            const arena = arenaFor(build, each);
            const { outputs, options } = readCase(arena, each);
            const { targets, weights, classWeights } = options;
            const expected = lossOf(loss, outputs, options);
            const classOf = (i: number): number => classWeights?.[targets[i]?.[0] ?? 0] ?? 1;
            const weightSum = outputs.reduce((sum, _, i) => sum + (weights?.[i] ?? 1) * classOf(i), 0);

            const lossSum = run(arena, each);
            // Float32's 6e-8 in each e^z, of losses up to some ten per output.
            expect(Math.abs(lossSum - expected.value * weightSum)).toBeLessThanOrEqual(
              1e-6 * (1 + weightSum * columns),
            );
            // A few units in the last place of gradients up to 8.
            expect(
              largestDifference(arena.floats("gradient"), [...expected.gradient.flat(), untouched]),
              `${rows} x ${columns}`,
            ).toBeLessThan(2e-6);
          }
        },
      );

      it.for(bound)(
        `$spec leaves an example of weight 0 out on ${build}, whatever its outputs are`,
        ({ loss }, { expect }) => {
          const each = { rows: 3, columns: 5, loss, isWeighted: true, hasClassWeights: false };
          const arena = arenaFor(build, each);
          arena.floats("outputs").fill(Infinity, 5, 8);
          arena.floats("outputs")[8] = Number.NaN;
          expect(run(arena, each)).toBeLessThan(1e3);
          expect([...arena.floats("gradient").subarray(5, 10)]).toEqual([0, 0, 0, 0, 0]);
          arena.floats("weights").fill(0);
          arena.floats("gradient").fill(untouched);
          expect(run(arena, each)).toBe(0);
          expect([...arena.floats("gradient")]).toEqual([...new Float32Array(15), untouched]);
        },
      );
    }

    it.for(forms)(
      "$spec has the gradient of finite differences: weighted $isWeighted, by class $hasClassWeights",
      (form, { expect }) => {
        const each = { ...form, rows: 7, columns: 4 };
        const { outputs, options } = readCase(arenaFor("simd", each), each);
        const { gradient } = lossOf(each.loss, outputs, options);
        const h = 1e-5;
        const movedLoss = (i: number, j: number, by: number): number => {
          const row = outputs[i] ?? [];
          return lossOf(each.loss, outputs.with(i, row.with(j, (row[j] ?? 0) + by)), options).value;
        };
        for (const [i, row] of gradient.entries()) {
          for (const [j, slope] of row.entries()) {
            const found = (movedLoss(i, j, h) - movedLoss(i, j, -h)) / (2 * h);
            // Central differences err by h^2 and by 2^-53 / h, for losses up to some ten.
            expect(Math.abs(found - slope)).toBeLessThan(1e-8);
          }
        }
      },
    );

    it.for(forms)(
      "$spec is the reference's in the trainer: weighted $isWeighted, by class $hasClassWeights",
      async ({ spec, isWeighted, hasClassWeights }, { expect }) => {
        const model = sequential({ input: [5], sets }, [dense(6, { activation: "tanh" }), dense(4)]);
        const problem = problemFor(model, { seed: 3, rows: 11, loss: spec, isWeighted });
        const classWeights = hasClassWeights ? { classWeights: [0.5, 2, 1, 0] } : {};
        const options = { loss: spec, rule: backprop(), ...classWeights };
        const optimizer = sgd({ learningRate: 1 });
        const trainer = await createTrainer(model, { ...options, optimizer, batchSize: 11 });
        const expected = referenceDirection(model, options, await trainer.getParams(), toRows(problem));
        const found = await trainer.direction(problem.batch);
        // Float32's 6e-8 through sums of some ten terms.
        expect(Math.abs(found.loss - expected.loss)).toBeLessThan(1e-5);
        expect(relativeError(found.direction, expected.direction)).toBeLessThan(1e-5);
        await trainer.dispose();
      },
    );

    it.for(bound)("$spec tells what its outputs are", async ({ spec, loss }, { expect }) => {
      const model = parseModelSpec({ input: [3], layers: [{ type: "dense", units: 4 }] }, { sets });
      const options = { loss: spec, rule: backprop(), optimizer: sgd({ learningRate: 1 }), batchSize: 5 };
      const trainer = await createTrainer(model, options);
      const { batch } = problemFor(model, { seed: 1, rows: 5, loss: spec });
      const predicted = await trainer.predict(batch.inputs);
      const probabilities = await trainer.probabilities(batch.inputs);
      const { outputs } = await trainer.direction(batch);
      expect(predicted).toHaveLength(loss.type.outputs === "classes" ? 5 : 20);
      expect(probabilities).toHaveLength(20);
      if (loss.type.outputs === "values") expect(probabilities).toEqual(outputs);
      else expect(probabilities.every((p) => p > 0 && p < 1)).toBe(true);
      expect(takesIndices(spec, sets)).toBe(batch.targets instanceof Int32Array);
      await trainer.dispose();
    });
  });
}
