import { activations, backprop, createTrainer, losses, proxProp, sgd } from "edgeprop";
import { bindRule, planLayers } from "edgeprop/model";
import { decodeSafetensors, toFloat32 } from "edgeprop/safetensors";
import fc from "fast-check";
import { describe, it } from "vitest";
import { relativeError } from "../../../scripts/vector-case.ts";
import { buildStep } from "../../../src/training/step/build-step.ts";
import { planMemoryOf } from "../../../src/training/step/plan-memory.ts";
import { referenceDirection, referenceUpdate } from "../../../src/reference/index.ts";
import type { ReferenceState } from "../../../src/reference/index.ts";
import { createArena } from "../../../src/runtime/index.ts";
import type { Kernels } from "../../../src/runtime/index.ts";
import { loadKernels } from "../../../src/node.ts";
import { boundLoss } from "../../support/model.ts";
import { createProblem, toRows } from "../../support/problems.ts";
import type { Problem } from "../../support/problems.ts";
import { optimizers, rules } from "../../support/specs.ts";

/** Of each param, flat: does its layer train? */
function trainMask({ model }: Problem, trainable: readonly number[]): boolean[] {
  return model.placed.flatMap(({ index, params }) =>
    params.flatMap(({ length }) => Array.from({ length }, () => trainable.includes(index))),
  );
}

/** A random network and a choice of its layers, at least one. */
const cases = fc
  .record({
    seed: fc.nat(),
    rows: fc.integer({ min: 1, max: 20 }),
    sizes: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 6 }),
    activation: fc.constantFrom(...activations),
    loss: fc.constantFrom(...losses),
  })
  .chain((options) =>
    fc.record({
      problem: fc.constant(createProblem(options)),
      trainable: fc.subarray([...options.sizes.keys()].slice(0, -1), { minLength: 1 }),
    }),
  );

/** As in trainer-against-reference.test.ts. */
const tolerance = 2e-4;

describe("frozen layers", () => {
  it("have a direction of zeros; the others have the reference's", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(cases, fc.constantFrom(...rules), async ({ problem, trainable }, rule) => {
        const { model, loss, rows, batch } = problem;
        const optimizer = sgd({ learningRate: 0.1 });
        const trainer = await createTrainer(model, { loss, rule, optimizer, batchSize: rows, trainable });
        // Leaves the params where the direction lies: they must not show.
        const params = await trainer.getParams();
        await trainer.getDelta(params.map((value) => value + 1));
        const full = referenceDirection(model, { loss, rule }, params, toRows(problem));
        const mask = trainMask(problem, trainable);
        const expected = full.direction.map((value, i) => (mask[i] === true ? value : 0));
        const { direction } = await trainer.direction(batch);
        expect([...direction].filter((value, i) => mask[i] === false && value !== 0)).toEqual([]);
        expect(relativeError(direction, expected)).toBeLessThan(tolerance);
      }),
      { numRuns: 100 },
    );
  });

  const choices = [[0], [2], [0, 2], [1, 2], [3], [0, 1, 2, 3]];
  const matrix = optimizers.flatMap((optimizer) => choices.map((trainable) => ({ optimizer, trainable })));

  it.for(matrix)(
    "stay as they are under $optimizer.name, momentum $optimizer.momentum; $trainable take the reference's steps",
    async ({ optimizer, trainable }, { expect }) => {
      const problem = createProblem({
        seed: 3,
        rows: 9,
        sizes: [7, 8, 6, 5, 4],
        activation: "tanh",
        loss: "softmaxCrossEntropy",
      });
      const { model, loss, rows, batch } = problem;
      const rule = proxProp({ tau: 2 });
      const trainer = await createTrainer(model, { loss, rule, optimizer, batchSize: rows, trainable });
      const start = await trainer.getParams();
      const mask = trainMask(problem, trainable);
      let state: ReferenceState = { params: [...start], steps: 0, moments: [] };
      for (let step = 0; step < 10; step++) {
        await trainer.step(batch);
        const { direction } = referenceDirection(model, { loss, rule }, state.params, toRows(problem));
        const next = referenceUpdate(
          optimizer,
          state,
          direction.map((value, i) => (mask[i] === true ? value : 0)),
        );
        // Weight decay would move a param without a direction: frozen ones are put back.
        state = {
          ...next,
          params: next.params.map((value, i) => (mask[i] === true ? value : (start[i] ?? 0))),
          moments: next.moments.map((moment) => moment.map((value, i) => (mask[i] === true ? value : 0))),
        };
      }
      const params = await trainer.getParams();
      // Ten steps, each adding a few roundings of 6e-8.
      expect(relativeError(params, state.params)).toBeLessThan(1e-5);
      const moved = [...params].filter((value, i) => mask[i] === false && value !== start[i]);
      expect(moved).toEqual([]);
      const { tensors } = decodeSafetensors(await trainer.checkpoint());
      for (const [name, tensor] of Object.entries(tensors)) {
        if (!name.startsWith("optimizer.")) continue;
        const kept = [...toFloat32(tensor)].filter((value, i) => mask[i] === false && value !== 0);
        expect(kept).toEqual([]);
      }
    },
  );

  it("cost no backward work", ({ expect }) => {
    const problem = createProblem({
      seed: 1,
      rows: 5,
      sizes: [6, 5, 4, 3],
      activation: "relu",
      loss: "softmaxCrossEntropy",
    });
    const { model } = problem;
    const rule = bindRule(backprop(), "rule", model.sets.rules);
    const loss = boundLoss(problem.loss);
    const backwardKernels = (trainable: readonly number[]): string[] => {
      const learning = { rule, trainable };
      const arena = createArena(loadKernels(), planMemoryOf(model, { loss, batchSize: 5, learning }));
      const called: string[] = [];
      const kernels = Object.fromEntries(
        Object.entries(arena.kernels).map(([name, kernel]) => [
          name,
          (...args: number[]): unknown => {
            called.push(name);
            return (kernel as (...given: number[]) => unknown)(...args);
          },
        ]),
      ) as unknown as Kernels;
      const { backward, directions } = buildStep({ ...arena, kernels }, model, {
        loss,
        plans: planLayers(model, { ...learning, batchSize: 5 }),
        rows: 5,
      });
      const makes = directions.flatMap(({ parts }) => parts.flatMap(({ make }) => make));
      for (const call of [...backward, ...makes]) call();
      return called;
    };
    const own = ["gemmTransposedA", "columnSums"];
    const onwards = ["gemmTransposedB", "reluBackward"];
    expect(backwardKernels([2])).toEqual(own);
    expect(backwardKernels([1])).toEqual([...onwards, ...own]);
    expect(backwardKernels([0, 2])).toEqual([...onwards, ...onwards, ...own, ...own]);
  });

  const wrong: readonly [readonly number[], RegExp][] = [
    [[], /trainable is \[\]; expected a list of at least one layer's index/],
    [[2], /trainable has 2; expected indices of layers with params: 0, 1/],
    [[-1], /trainable has -1/],
    [[0.5], /trainable has 0.5/],
    [[1, 1], /trainable has 1 twice/],
    ["1" as unknown as readonly number[], /trainable is "1"/],
  ];
  it.for(wrong)("cannot be chosen by trainable %j", async ([trainable, message], { expect }) => {
    const { model, loss } = createProblem({
      seed: 1,
      rows: 1,
      sizes: [2, 2, 2],
      activation: "relu",
      loss: "softmaxCrossEntropy",
    });
    const options = { loss, rule: backprop(), optimizer: sgd({ learningRate: 1 }), batchSize: 1, trainable };
    await expect(createTrainer(model, options)).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringMatching(message),
    });
  });
});
