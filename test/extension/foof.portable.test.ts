import { backprop, createTrainer, dense, restoreTrainer, sequential, sgd, stepSchedule } from "edgeprop";
import type { Batch, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";
import { createExamples, model as mixed, options as mixedOptions } from "./program.ts";
import { sets } from "./sets.ts";

const rule = { name: "foof", decay: 0.7, damping: 0.2 };
const [inputs, hidden, outputs] = [5, 4, 3];
const model = sequential({ input: [inputs], sets }, [dense(hidden, { activation: "tanh" }), dense(outputs)]);
const options: TrainerOptions = {
  loss: "meanSquaredError",
  rule,
  optimizer: sgd({ learningRate: 0.3 }),
  batchSize: 6,
};

type Matrix = readonly (readonly number[])[];

function createBatch(seed: string, rows: number): Batch {
  const { inputs: values } = createExamples(seed, rows);
  const targets = Float32Array.from({ length: rows * outputs }, (_, i) => Math.sin(i + rows));
  return { inputs: Float32Array.from(values), targets };
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** [A, 1] from flat rows. */
function withOnes(values: ArrayLike<number>, width: number): Matrix {
  return range(values.length / width).map((row) => [
    ...range(width).map((i) => values[row * width + i] ?? 0),
    1,
  ]);
}

function times(a: Matrix, b: Matrix): number[][] {
  return a.map((row) =>
    range(b[0]?.length ?? 0).map((j) => row.reduce((sum, x, k) => sum + x * (b[k]?.[j] ?? 0), 0)),
  );
}

function transposed(a: Matrix): number[][] {
  return range(a[0]?.length ?? 0).map((j) => a.map((row) => row[j] ?? 0));
}

/** M^-1 B by Gauss and Jordan, the largest pivot first. */
function solved(m: Matrix, b: Matrix): number[][] {
  const rows = m.map((row, i) => [...row, ...(b[i] ?? [])]);
  for (const column of range(rows.length)) {
    const below = range(rows.length).slice(column);
    const pivot = below.reduce((best, i) =>
      Math.abs(rows[i]?.[column] ?? 0) > Math.abs(rows[best]?.[column] ?? 0) ? i : best,
    );
    const chosen = rows[pivot] ?? [];
    rows[pivot] = rows[column] ?? [];
    const scaled = chosen.map((x) => x / (chosen[column] ?? 1));
    rows[column] = scaled;
    for (const i of range(rows.length)) {
      const factor = rows[i]?.[column] ?? 0;
      if (i !== column) rows[i] = (rows[i] ?? []).map((x, k) => x - factor * (scaled[k] ?? 0));
    }
  }
  return rows.map((row) => row.slice(m.length));
}

/** What FOOF makes of a batch, in float64: the directions of both layers, flat, and their next averages. */
function oracle(params: Float32Array, batch: Batch, averages: readonly (Matrix | null)[]) {
  const split = (inputs + 1) * hidden;
  const cut = (values: Float32Array, width: number) =>
    range(values.length / width).map((i) => Array.from(values.subarray(i * width, (i + 1) * width)));
  const weights = [cut(params.subarray(0, split), hidden), cut(params.subarray(split), outputs)] as const;
  const a0 = withOnes(batch.inputs, inputs);
  const h = times(a0, weights[0]).map((row) => row.map(Math.tanh));
  const a1 = h.map((row) => [...row, 1]);
  const n = a0.length;
  // The mean over examples and outputs of (z - t)^2.
  const g1 = times(a1, weights[1]).map((row, i) =>
    row.map((z, j) => (2 * (z - (batch.targets[i * outputs + j] ?? 0))) / (n * outputs)),
  );
  const g0 = times(g1, transposed(weights[1].slice(0, hidden))).map((row, i) =>
    row.map((g, j) => g * (1 - (h[i]?.[j] ?? 0) ** 2)),
  );
  const layers = [
    { a: a0, g: g0 },
    { a: a1, g: g1 },
  ].map(({ a, g }, layer) => {
    const average = times(transposed(a), a).map((row, i) =>
      row.map((sum, j) => rule.decay * (averages[layer]?.[i]?.[j] ?? 0) + ((1 - rule.decay) * sum) / n),
    );
    const damped = average.map((row, i) => row.map((x, j) => x + (i === j ? rule.damping : 0)));
    return { average, direction: solved(damped, times(transposed(a), g)) };
  });
  return {
    direction: layers.flatMap(({ direction }) => direction.flat()),
    averages: layers.map(({ average }) => average),
  };
}

describe("FOOF", () => {
  it("has the directions of plain loops in float64, over steps of full and short batches", async ({
    expect,
  }) => {
    const trainer = await createTrainer(model, options);
    let averages: readonly (Matrix | null)[] = [null, null];
    for (const [step, rows] of [6, 6, 3, 6, 1, 5].entries()) {
      const batch = createBatch(`batch-${step}`, rows);
      const expected = oracle(await trainer.getParams(), batch, averages);
      const { direction } = await trainer.direction(batch);
      const largest = Math.max(...expected.direction.map(Math.abs));
      const worst = Math.max(...expected.direction.map((d, i) => Math.abs(d - (direction[i] ?? Number.NaN))));
      // Float32's 6e-8 in the average and in A^T G, times the condition of a system damped by 0.2: about 20.
      expect(worst / largest, `step ${step}`).toBeLessThan(1e-5);
      await trainer.step(batch);
      ({ averages } = expected);
    }
  });

  it("is not backprop, and follows its options", async ({ expect }) => {
    const batch = createBatch("options", 6);
    const directions = await Promise.all(
      [rule, { ...rule, decay: 0.5 }, { ...rule, damping: 2 }, backprop()].map(
        async (each) =>
          (await (await createTrainer(model, { ...options, rule: each })).direction(batch)).direction,
      ),
    );
    for (const [i, direction] of directions.entries())
      for (const other of directions.slice(i + 1)) expect(other).not.toEqual(direction);
  });

  it.for([
    ["its params overflow", {}],
    ["its inputs are too large", { inputs: new Float32Array(5 * 8).fill(3e38) }],
  ] as const)("keeps its averages where a step fails because %s", async ([, change], { expect }) => {
    // The third step's learning rate is beyond float32.
    const schedule = stepSchedule({ every: 2, factor: 1e300 });
    const trainer = await createTrainer(mixed, { ...mixedOptions, schedule });
    const { inputs: values, targets } = createExamples("failing", 8);
    const batch = { inputs: Float32Array.from(values), targets: Int32Array.from(targets) };
    for (let step = 0; step < 2; step++) await trainer.step(batch);
    const before = await trainer.checkpoint();
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(trainer.step({ ...batch, ...change })).rejects.toMatchObject({ code: "non-finite" });
    expect(await trainer.checkpoint()).toEqual(before);
    expect(await (await restoreTrainer(before, { sets })).checkpoint()).toEqual(before);
  });
});
