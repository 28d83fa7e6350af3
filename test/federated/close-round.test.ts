import { adam, createTrainer, loadKernels, proxProp, toDataset } from "edgeprop";
import { createDataSource } from "edgeprop/client";
import { allRunSets, createRoundCloser, createRunSpec } from "edgeprop/federated";
import type { Exchange, FilterSet, FilterSpec, TrainTask, UpdateRecord } from "edgeprop/federated";
import { describe, it } from "vitest";
import { clip } from "../../examples/custom-filter/clip.ts";
import { trainShard } from "../../src/client/train-shard.ts";
import { firstParams, restored } from "../support/closing.ts";
import type { Kept } from "../support/closing.ts";
import { smallRun } from "../support/run.ts";

const numExamples = 12;
const dataset = toDataset({
  inputs: Float32Array.from({ length: 3 * numExamples }, (_, i) => ((i * 7) % 11) / 11 - 0.5),
  targets: Int32Array.from({ length: numExamples }, (_, i) => i % 2),
  inputSize: 3,
});
const rule = proxProp({ tau: 1, lastLayer: "prox" });
const optimizer = adam({ learningRate: 0.1 });
const training = { rule, optimizer, batchSize: numExamples, localEpochs: 1 };

interface Batch {
  readonly exchange: Exchange;
  readonly shards: number;
  readonly filters?: readonly FilterSpec[];
  readonly set?: FilterSet;
  /** The order in which the shards' updates arrive. */
  readonly reorder?: (parts: string[]) => string[];
  /** What happens to what is kept between two rounds, after which another object goes on. */
  readonly between?: (kept: Kept) => Kept;
}

/** Params and optimizer state after two rounds of the whole batch, cut into shards. */
async function runBatches({ exchange, shards, filters, set = {}, reorder, between = (kept) => kept }: Batch) {
  const sets = { ...allRunSets, filters: set };
  const minibatch = { exchange, numExamples };
  const common = { ...smallRun, mode: "minibatch", minibatch, training, cohortSize: shards } as const;
  const spec = createRunSpec({ ...common, ...(filters && { filters }) }, sets);
  const client = { data: createDataSource(dataset), createTrainer, loadKernels, sets };
  let closer = createRoundCloser(loadKernels(), spec, { sets });
  let kept: Kept = firstParams;
  for (let round = 1; round <= 2; round++) {
    const files = new Map<string, Uint8Array>();
    for (let index = 0; index < shards; index++) {
      const [begin, end] = [index, index + 1].map((cut) => (cut * numExamples) / shards) as [number, number];
      const { model, loss } = spec;
      const task: TrainTask = { kind: "train", round, model, loss, training, seed: index, timeLeftMs: 1 };
      const shard = { index, begin, end, exchange };
      const given = filters === undefined ? task : { ...task, filters };
      files.set(String(index), await trainShard(client, given, { shard, params: kept.params }));
    }
    const updates: Record<string, UpdateRecord> = {};
    // Not the shards' numbers themselves: an object has those in their own order.
    const named = (part: string): string => `shard ${part}`;
    for (const part of reorder?.([...files.keys()]) ?? files.keys()) {
      const content = closer.read(files.get(part) ?? new Uint8Array());
      if (!content.isValid) throw new Error(content.reason);
      updates[named(part)] = { client: "a", ...content.update };
    }
    const readUpdate = (part: string) => files.get(part.slice(6)) ?? new Uint8Array();
    const next: Kept = closer.close({ round, updates }, { ...kept, readUpdate });
    kept = between(next);
    if (kept !== next) closer = createRoundCloser(loadKernels(), spec, { sets });
  }
  return kept;
}

describe.each(["direction", "statistics"] as const)("a minibatch round by its %s", (exchange) => {
  it("closes to the same bytes in any order of the shards, and from what was stored", async ({ expect }) => {
    const calm = await runBatches({ exchange, shards: 3 });
    expect(await runBatches({ exchange, shards: 3, reorder: (parts) => parts.toReversed() })).toEqual(calm);
    expect(await runBatches({ exchange, shards: 3, between: restored })).toEqual(calm);
    // Adam's two moments.
    expect(calm.state).toHaveLength(16);
  });

  it("is the step of one trainer with the whole batch", async ({ expect }) => {
    const { params } = await runBatches({ exchange, shards: 1 });
    const { model, loss } = smallRun;
    const options = { loss, rule, optimizer, batchSize: numExamples, params: firstParams.params };
    const trainer = await createTrainer(model, options);
    for (let round = 0; round < 2; round++) await trainer.step(dataset);
    const expected = await trainer.getParams();
    // Statistics round to 2^-32, a direction goes through the fixed-point mean: float32 rounding of steps of 0.1.
    for (const [i, value] of params.entries()) expect(value).toBeCloseTo(expected[i] ?? 0, 5);
  });
});

it("statistics give the same bytes however the batch is cut", async ({ expect }) => {
  const whole = await runBatches({ exchange: "statistics", shards: 1 });
  expect(await runBatches({ exchange: "statistics", shards: 4 })).toEqual(whole);
});

it("a shard's direction goes through the run's filters", async ({ expect }) => {
  const filters = [{ name: "clip", maxNorm: 1e-3 }];
  const clipped = await runBatches({ exchange: "direction", shards: 3, filters, set: { clip } });
  expect(clipped).not.toEqual(await runBatches({ exchange: "direction", shards: 3 }));
});
