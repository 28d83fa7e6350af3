import {
  allSets,
  backprop,
  conv2d,
  createRandom,
  createTrainer,
  dense,
  flatten,
  parseModelSpec,
  proxProp,
  sequential,
  sgd,
} from "edgeprop";
import type { ActivationType, ElementwiseFunction, Model, Sets } from "edgeprop";
import type { Address, Arena } from "edgeprop/runtime";
import { describe, it } from "vitest";
import { relativeError } from "../../../scripts/vector-case.ts";
import { formulaOf } from "../../../src/reference/activations.ts";
import { referenceDirection } from "../../../src/reference/index.ts";
import { builds, kernelArena, largestDifference, untouched } from "../../support/kernels.ts";
import type { Build } from "../../support/kernels.ts";
import { problemFor, toRows } from "../../support/problems.ts";

/** 0, 1, lane - 1, lane, lane + 1, two vectors of 16 bytes + 1, one large. */
const counts = [0, 1, 3, 4, 5, 33, 1001];

/** Values in [-9, 9) with an `untouched` one behind each buffer. */
function arenaOf(build: Build, count: number): Arena {
  const bytes = 4 * (count + 1);
  const arena = kernelArena(build, { z: bytes, a: bytes, gradient: bytes });
  const random = createRandom(count, "activations");
  for (const name of ["z", "a", "gradient"]) {
    const values = arena.floats(name);
    for (let i = 0; i < count; i++) values[i] = 18 * random.uniform() - 9;
    values[count] = untouched;
  }
  return arena;
}

function run(
  { kernels, view }: Arena,
  each: ElementwiseFunction,
  { count, from, into }: { readonly count: number; readonly from: Address; readonly into: Address },
): void {
  if (typeof each === "function") each(view(from, count), view(into, count));
  else kernels[each](count, from, into);
}

/** a = sigma(z) in the buffer `a`, as a layer does it. */
function forward(arena: Arena, { number, forward: own }: ActivationType, count: number): void {
  arena.floats("a").set(arena.floats("z"));
  arena.kernels.activate(number, count, arena.at("a"));
  if (own !== null) run(arena, own, { count, from: arena.at("z"), into: arena.at("a") });
}

/** gradient *= sigma'(z) */
function backward(arena: Arena, { slopeFrom, backward: own }: ActivationType, count: number): void {
  if (own !== null) run(arena, own, { count, from: arena.at(slopeFrom), into: arena.at("gradient") });
}

/** A set's activation is what its formula says: value by value, and in a model. */
export function describeActivations(activations: Sets["activations"]): void {
  const each = Object.entries(activations);
  const sets: Sets = { ...allSets, activations };

  describe("activations", () => {
    it.for(each)("%s has the name that stands for it", ([name, activation], { expect }) => {
      expect(activation.name).toBe(name);
    });

    it.for(each)("%s has the slope of its values' finite differences", ([, activation], { expect }) => {
      const formula = formulaOf(activation);
      for (let z = -6.05; z < 7; z += 0.1) {
        const step = 1e-5;
        const expected = (formula.value(z + step) - formula.value(z - step)) / (2 * step);
        expect(Math.abs(formula.slope(z) - expected), String(z)).toBeLessThan(1e-8);
      }
    });

    for (const build of builds) {
      it.for(each)(`%s and its slope agree with the formula on ${build}`, ([, activation], { expect }) => {
        const formula = formulaOf(activation);
        for (const count of counts) {
          const arena = arenaOf(build, count);
          const [z, g] = ["z", "gradient"].map((name) => [...arena.floats(name).subarray(0, count)]);
          forward(arena, activation, count);
          const values = (z ?? []).map((x) => formula.value(x));
          // A dozen roundings of 6e-8 of values up to 9, and of products up to 81.
          expect(largestDifference(arena.floats("a"), [...values, untouched])).toBeLessThan(2e-6);
          backward(arena, activation, count);
          const products = (z ?? []).map((x, i) => (g?.[i] ?? 0) * formula.slope(x));
          expect(largestDifference(arena.floats("gradient"), [...products, untouched])).toBeLessThan(1e-5);
          expect(arena.floats("z")[count]).toBe(untouched);
        }
      });

      it.for(each)(`%s keeps NaN visible on ${build}`, ([, activation], { expect }) => {
        const arena = arenaOf(build, 5);
        arena.floats("z").fill(Number.NaN);
        forward(arena, activation, 5);
        expect([...arena.floats("a").subarray(0, 5)].every(Number.isNaN)).toBe(true);
      });
    }

    const rules = [backprop(), proxProp({ tau: 2, lastLayer: "prox" })];
    const cases = each.flatMap(([name]) =>
      Object.entries(modelsWith(name, sets)).flatMap(([layer, model]) =>
        rules.flatMap((rule) =>
          [true, false].map((deterministic) => ({ name, layer, model, rule, deterministic })),
        ),
      ),
    );
    it.for(cases)(
      "$name in $layer layers has the reference's direction: $rule.name, deterministic $deterministic",
      async ({ model, rule, deterministic }, { expect }) => {
        for (let seed = 1; seed <= 5; seed++) {
          const problem = problemFor(model, { seed, rows: 7, loss: "meanSquaredError" });
          const optimizer = sgd({ learningRate: 0.1 });
          const options = { loss: problem.loss, rule, optimizer, batchSize: 7, seed, deterministic };
          const trainer = await createTrainer(model, options);
          const params = await trainer.getParams();
          const expected = referenceDirection(model, { loss: problem.loss, rule }, params, toRows(problem));
          const found = await trainer.direction(problem.batch);
          // Float32's 6e-8, summed over a few dozen values and through three layers.
          expect(relativeError(found.outputs, expected.outputs.flat())).toBeLessThan(1e-5);
          expect(relativeError(found.direction, expected.direction)).toBeLessThan(1e-4);
          await trainer.dispose();
        }
      },
    );

    it.for(each)("%s is read by its name, and its name is in the JSON", ([name], { expect }) => {
      const json = { input: [2], layers: [{ type: "dense", units: 3, activation: name }] };
      const model = parseModelSpec(json, { sets });
      expect(model.placed[0]?.activation).toBe(activations[name]);
      expect(JSON.parse(JSON.stringify(model))).toEqual(json);
    });
  });
}

/** By the layers that they have the activation in. */
function modelsWith(activation: string, sets: Sets): Readonly<Record<string, Model>> {
  return {
    dense: sequential({ input: [5], sets }, [
      dense(9, { activation }),
      dense(6, { activation }),
      dense(3, { activation }),
    ]),
    conv2d: sequential({ input: [4, 3, 2], sets }, [
      conv2d(5, { kernelSize: 2, padding: "same", activation }),
      flatten(),
      dense(3, { activation }),
    ]),
  };
}
