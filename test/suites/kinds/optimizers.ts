import { allSets, backprop, createRandom, createTrainer, dense, restoreTrainer, sequential } from "edgeprop";
import type { Optimizer, OptimizerSpec, Sets, TrainerOptions } from "edgeprop";
import type { Arena } from "edgeprop/runtime";
import { bindOptimizer } from "edgeprop/training";
import fc from "fast-check";
import { describe, it } from "vitest";
import { relativeError } from "../../../scripts/vector-case.ts";
import { referenceDirection, referenceUpdate } from "../../../src/reference/index.ts";
import type { ReferenceState } from "../../../src/reference/index.ts";
import { builds, kernelArena, untouched } from "../../support/kernels.ts";
import type { Build } from "../../support/kernels.ts";
import { problemFor, toRows } from "../../support/problems.ts";
import type { SpecsOf } from "../../support/specs.ts";

/** Around lanes of 4, dense and with gaps between rows. */
const parts: readonly Part[] = [
  { rows: 1, columns: 0, stride: 0 },
  { rows: 1, columns: 1, stride: 0 },
  { rows: 1, columns: 3, stride: 0 },
  { rows: 1, columns: 4, stride: 0 },
  { rows: 1, columns: 5, stride: 0 },
  { rows: 1, columns: 33, stride: 0 },
  { rows: 1, columns: 1001, stride: 0 },
  { rows: 3, columns: 5, stride: 7 },
  { rows: 4, columns: 8, stride: 8 },
  { rows: 2, columns: 9, stride: 21 },
];

interface Part {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
}

/** One step's formula in float64: what the optimizer makes of params and state. */
type Update = (spec: never, before: ReferenceState, direction: readonly number[]) => ReferenceState;

interface Placed {
  readonly arena: Arena;
  readonly states: readonly string[];
  /** In a buffer of params or state, where value k of the part lies. */
  readonly at: (k: number) => number;
  readonly count: number;
  readonly apply: (step: number, learningRate: number) => boolean;
}

/** The optimizer on one part, params in [-1, 1), state zeros; `untouched` in the gaps and behind. */
function place(build: Build, { type, spec }: Optimizer, { rows, columns, stride }: Part): Placed {
  const states = type.state(spec);
  const count = rows * columns;
  const length = rows === 1 ? columns : (rows - 1) * stride + columns;
  const names = ["params", ...states];
  const arena = kernelArena(build, {
    direction: 4 * count,
    ...Object.fromEntries(names.map((name) => [name, 4 * (length + 1)])),
  });
  const at = (k: number): number =>
    Math.floor(k / Math.max(1, columns)) * stride + (k % Math.max(1, columns));
  const random = createRandom(count);
  for (const name of names) {
    arena.floats(name).fill(untouched);
    for (let k = 0; k < count; k++)
      arena.floats(name)[at(k)] = name === "params" ? 2 * random.uniform() - 1 : 0;
  }
  const apply = type.call(spec, {
    kernels: arena.kernels,
    rows,
    columns,
    stride,
    direction: arena.at("direction"),
    params: arena.at("params"),
    state: states.map((name) => arena.at(name)),
    view: arena.view,
  });
  return { arena, states, at, count, apply };
}

function read({ arena, at, count }: Placed, name: string): number[] {
  const values = arena.floats(name);
  return Array.from({ length: count }, (_, k) => values[at(k)] ?? Number.NaN);
}

function countUntouched({ arena }: Placed, name: string): number {
  return arena.floats(name).filter((value) => value === untouched).length;
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Magnitudes all over float32. */
const magnitudes = fc.integer({ min: -30, max: 37 }).map((exponent) => 10 ** exponent);

/**
 * A set's optimizer does what its formula says, part by part and in a trainer, stays within its bound, and is carried
 * by checkpoints. `update` is the formula of those that the reference does not know.
 */
export function describeOptimizers<Set extends Sets["optimizers"]>(
  optimizers: Set,
  specsByName: SpecsOf<Set, OptimizerSpec>,
  update: Update = referenceUpdate,
): void {
  const sets: Sets = { ...allSets, optimizers };
  const specs: readonly OptimizerSpec[] = Object.values(specsByName).flat();
  const step = (spec: OptimizerSpec, before: ReferenceState, direction: readonly number[]): ReferenceState =>
    update(spec as never, before, direction);

  describe("optimizers", () => {
    it.for(Object.entries(optimizers))("%s has the name that stands for it", ([name, type], { expect }) => {
      expect(type.name).toBe(name);
    });

    it.for(specs)("%o is complete, survives JSON, and takes no other field", (spec, { expect }) => {
      expect(bindOptimizer(spec, sets).spec).toEqual(spec);
      expect(bindOptimizer(JSON.parse(JSON.stringify(spec)), sets).spec).toEqual(spec);
      expect(() => bindOptimizer({ ...spec, lr: 1 }, sets)).toThrow(
        expect.objectContaining({
          code: "bad-option",
          message: expect.stringMatching(/^optimizer\.lr is not a known field/),
        }),
      );
      expect(() => bindOptimizer({ ...spec, learningRate: -1 }, sets)).toThrow(
        expect.objectContaining({
          code: "bad-option",
          message: expect.stringMatching(/^optimizer\.learningRate is -1; expected a finite number/),
        }),
      );
    });

    for (const build of builds) {
      it.for(specs)(
        `%o takes its formula's steps on ${build}, and leaves what lies around`,
        (spec, { expect }) => {
          for (const part of parts) {
            const placed = place(build, bindOptimizer(spec, sets), part);
            const { arena, states, count, apply } = placed;
            const gaps = ["params", ...states].map((name) => countUntouched(placed, name));
            const random = createRandom(count, "directions");
            let state: ReferenceState = { params: read(placed, "params"), steps: 0, moments: [] };
            for (let number = 1; number <= 5; number++) {
              const direction = Float32Array.from({ length: count }, () => 2 * random.uniform() - 1);
              arena.floats("direction").set(direction);
              // As a schedule has it.
              const learningRate = spec.learningRate / number;
              expect(apply(number, learningRate)).toBe(true);
              state = step({ ...spec, learningRate }, state, [...direction]);
            }
            if (count === 0) continue;
            // Five steps, each adding a few roundings of 6e-8.
            expect(relativeError(read(placed, "params"), state.params), JSON.stringify(part)).toBeLessThan(
              2e-6,
            );
            for (const [k, name] of states.entries())
              expect(relativeError(read(placed, name), state.moments[k] ?? []), name).toBeLessThan(2e-6);
            expect(["params", ...states].map((name) => countUntouched(placed, name))).toEqual(gaps);
          }
        },
      );

      it.for(specs)(`%o tells on ${build} where a param is no finite number any more`, (spec, { expect }) => {
        for (const part of parts) {
          const placed = place(build, bindOptimizer(spec, sets), part);
          if (placed.count === 0) continue;
          placed.arena.floats("direction")[placed.count - 1] = Number.NaN;
          expect(placed.apply(1, spec.learningRate)).toBe(false);
        }
      });
    }

    it.for(specs)("%o never leads beyond the bound that it tells", (spec, { expect }) => {
      const optimizer = bindOptimizer(spec, sets);
      const { type } = optimizer;
      if (type.bound === undefined) return;
      fc.assert(
        fc.property(
          fc.array(magnitudes, { minLength: 3, maxLength: 3 }),
          fc.integer({ min: 1, max: 9 }),
          ([paramSize = 1, directionSize = 1, learningRate = 1], number) => {
            const placed = place("simd", optimizer, { rows: 1, columns: 9, stride: 0 });
            const { arena, states, apply } = placed;
            for (let k = 0; k < 9; k++) {
              arena.floats("params")[k] = (arena.floats("params")[k] ?? 0) * paramSize;
              arena.floats("direction")[k] = directionSize * Math.sin(k);
            }
            const sizeOf = (name: string): number => largest(read(placed, name));
            const direction = largest([...arena.floats("direction")]);
            for (let next = number; next < number + 3; next++) {
              const before = { params: sizeOf("params"), state: states.map(sizeOf) };
              const found = type.bound?.(spec, before, { direction, learningRate, step: next });
              if (
                found === undefined ||
                !(Math.max(found.params, found.largest, ...found.state, learningRate) < 2 ** 126)
              )
                return;
              apply(next, learningRate);
              // What float32's roundings add, those of subnormal numbers too.
              const limit = (value: number): number => value * (1 + 2 ** -20) + 2 ** -120;
              expect(sizeOf("params")).toBeLessThanOrEqual(limit(found.params));
              for (const [k, name] of states.entries())
                expect(sizeOf(name)).toBeLessThanOrEqual(limit(found.state[k] ?? 0));
            }
          },
        ),
        { numRuns: 300 },
      );
    });

    const model = sequential({ input: [7], sets }, [dense(8, { activation: "tanh" }), dense(6), dense(5)]);
    const problem = problemFor(model, { seed: 5, rows: 9, loss: "softmaxCrossEntropy" });
    const rule = backprop();
    const optionsWith = (optimizer: OptimizerSpec): TrainerOptions => ({
      loss: problem.loss,
      rule,
      optimizer,
      batchSize: 9,
    });

    it.for(specs)("%o takes its formula's steps in a trainer", async (spec, { expect }) => {
      const trainer = await createTrainer(model, optionsWith(spec));
      let state: ReferenceState = { params: [...(await trainer.getParams())], steps: 0, moments: [] };
      for (let number = 1; number <= 20; number++) {
        await trainer.step(problem.batch);
        const { direction } = referenceDirection(
          model,
          { loss: problem.loss, rule },
          state.params,
          toRows(problem),
        );
        state = step(spec, state, direction);
      }
      // Twenty steps, each adding a few roundings of 6e-8.
      expect(relativeError(await trainer.getParams(), state.params)).toBeLessThan(1e-5);
    });

    it.for(specs)(
      "%o leaves frozen layers, and goes on from a checkpoint to the same bytes",
      async (spec, { expect }) => {
        const trainer = await createTrainer(model, { ...optionsWith(spec), trainable: [0, 2] });
        const before = await trainer.getParams();
        for (let number = 1; number <= 3; number++) await trainer.step(problem.batch);
        const restored = await restoreTrainer(await trainer.checkpoint(), { sets });
        for (const each of [trainer, restored])
          for (let number = 1; number <= 3; number++) await each.step(problem.batch);
        expect(await restored.checkpoint()).toEqual(await trainer.checkpoint());
        const after = await trainer.getParams();
        // The second layer's (8 + 1) x 6 params.
        expect(after.slice(64, 118)).toEqual(before.slice(64, 118));
        expect(after.slice(0, 64)).not.toEqual(before.slice(0, 64));
        expect(after.slice(118)).not.toEqual(before.slice(118));
      },
    );

    it.for(specs)("%o ends every divergence in finite params", async (spec, { expect }) => {
      const options = { ...optionsWith({ ...spec, learningRate: 1e37 }), loss: "meanSquaredError" };
      const trainer = await createTrainer(model, options);
      const batch = { inputs: problem.batch.inputs, targets: new Float32Array(45).fill(3) };
      let before = await trainer.checkpoint();
      let error: unknown;
      for (let number = 0; number < 50 && error === undefined; number++) {
        before = await trainer.checkpoint();
        error = await trainer.step(batch).then(
          () => undefined,
          (reason: unknown) => reason,
        );
      }
      // Where all units are saturated, a step may change nothing any more: that is an end too.
      if (error !== undefined) {
        expect(error).toMatchObject({ code: "non-finite" });
        expect(await trainer.checkpoint()).toEqual(before);
      }
      expect((await trainer.getParams()).every(Number.isFinite)).toBe(true);
    });
  });
}
