import { allSets, batchNorm, conv2d, dropout, flatten, layerNorm, sequential } from "edgeprop";
import { customLayer } from "edgeprop/core";
import { describe, it } from "vitest";
import { createRunSpec, nextDeadline } from "../../src/federated/index.ts";
import { createScene, smallRun } from "../support/run.ts";

const minibatch = {
  mode: "minibatch" as const,
  minibatch: { exchange: "statistics" as const, numExamples: 25 },
  training: { ...smallRun.training, batchSize: 10 },
  cohortSize: 3,
  minUpdates: 3,
  leaseMs: 500,
  roundTimeoutMs: 100_000,
};

/** Of the three shards of ten examples. */
const sizes = [3, 3, 4];

const doubled = customLayer({
  type: "doubled",
  parse: () => ({ type: "doubled" }),
  form: (_, { inputShape }) => ({ outputShape: inputShape, params: [] }),
  forward() {},
  backward() {},
});
const setsWithDoubled = { ...allSets, layers: { ...allSets.layers, doubled } };

function createBatch(overrides = {}) {
  const scene = createScene({ ...minibatch, ...overrides });
  scene.join("a");
  scene.join("b");
  scene.start();
  return scene;
}

describe("a minibatch round", () => {
  it("cuts consecutive batches into shards that hold every example once, and wraps to whole batches", ({
    expect,
  }) => {
    const scene = createBatch({ rounds: 3 });
    const bounds = () => scene.state.current?.shards.map(({ begin, end }) => [begin, end]);
    expect(bounds()).toEqual([
      [0, 3],
      [3, 6],
      [6, 10],
    ]);
    for (const shard of [0, 1, 2] as const) scene.submit("a", 1, { shard, numExamples: sizes[shard] ?? 0 });
    scene.aggregated(1);
    expect(bounds()).toEqual([
      [10, 13],
      [13, 16],
      [16, 20],
    ]);
    for (const shard of [0, 1, 2] as const) scene.submit("a", 2, { shard, numExamples: sizes[shard] ?? 0 });
    scene.aggregated(2);
    expect(bounds()?.[0]).toEqual([0, 3]);
  });

  it("leases a shard to one client at a time, and the same again to who holds it", ({ expect }) => {
    const scene = createBatch();
    expect(scene.ask("a")).toMatchObject({
      task: { shard: { index: 0, begin: 0, end: 3, exchange: "statistics" } },
    });
    expect(scene.ask("b")).toMatchObject({ task: { shard: { index: 1 } } });
    expect(scene.ask("a")).toMatchObject({ task: { shard: { index: 0 } } });
    scene.submit("a", 1, { shard: 0, numExamples: 3 });
    expect(scene.ask("a")).toMatchObject({ task: { shard: { index: 2 } } });
    scene.submit("b", 1, { shard: 1, numExamples: 3 });
    expect(scene.ask("b")).toEqual({ status: "none" });
  });

  it("gives a shard to another when its lease is over, with the same seed, and counts the first answer", ({
    expect,
  }) => {
    const scene = createBatch({ cohortSize: 1, minUpdates: 1 });
    const first = scene.ask("a");
    expect(scene.ask("b")).toEqual({ status: "none" });
    scene.clock(600);
    const second = scene.ask("b");
    if (first.status !== "task" || second.status !== "task") throw new Error("no task");
    expect(second.task).toEqual(first.task);
    expect(scene.submit("a", 1, { shard: 0 }).reply).toEqual({ status: "accepted", part: "0" });
    expect(scene.submit("b", 1, { shard: 0 }).reply).toEqual({ status: "duplicate" });
    scene.aggregated(1);
    expect(scene.state.history).toMatchObject([{ clients: ["a"], updates: 1 }]);
  });

  it("closes with every shard and not before, whoever computed them", ({ expect }) => {
    const scene = createBatch();
    scene.submit("a", 1, { shard: 2, numExamples: 4 });
    scene.submit("a", 1, { shard: 0, numExamples: 3 });
    scene.leave("b");
    expect(scene.state.current?.phase).toBe("open");
    scene.submit("a", 1, { shard: 1, numExamples: 3 });
    expect(scene.state.current?.phase).toBe("aggregating");
  });

  it("rejects an update that claims another number of examples than its shard has", ({ expect }) => {
    const scene = createBatch();
    const { reply } = scene.submit("a", 1, { shard: 0, numExamples: 4 });
    expect(reply).toEqual({ status: "rejected", reason: "numExamples is 4; shard 0 has 3" });
  });

  it("rejects a shard that is not there", ({ expect }) => {
    const scene = createBatch();
    for (const shard of [-1, 3, 0.5, undefined]) {
      const { reply } = scene.submit("a", 1, shard === undefined ? {} : { shard });
      expect(reply).toMatchObject({ status: "rejected", reason: expect.stringContaining("expected 0 to 2") });
    }
  });

  it("asks for the clock at the end of a lease", ({ expect }) => {
    const scene = createBatch();
    scene.ask("a");
    const until = scene.state.current?.shards[0]?.lease?.until ?? 0;
    expect(nextDeadline(scene.state, until - 1)).toBe(until);
    expect(nextDeadline(scene.state, until)).toBe(scene.state.current?.deadline);
  });

  it.for([
    [{ minibatch: undefined }, /minibatch is missing/],
    [{ mode: "federated" }, /minibatch is set/],
    [{ cohortSize: 11, minUpdates: 11 }, /no more shards than examples/],
    [{ training: { ...minibatch.training, batchSize: 26 } }, /has 25 examples/],
    [{ overselection: 1 }, /leave out overselection/],
    [
      {
        model: sequential({ input: [2, 2, 1] }, [
          conv2d(1, { kernelSize: 2, activation: "relu" }),
          flatten(),
        ]),
      },
      /layers\[0\] is a conv2d layer; statistics are for dense layers/,
    ],
    ...[dropout(0.5), layerNorm(), { type: "doubled" }].map(
      (layer) =>
        [
          { model: sequential({ input: [2], sets: setsWithDoubled }, [layer]) },
          new RegExp(
            `layers\\[0\\] is a ${layer.type} layer; statistics are for dense layers, take "direction"`,
          ),
        ] as const,
    ),
    ...(["statistics", "direction"] as const).map(
      (exchange) =>
        [
          {
            model: sequential({ input: [2] }, [batchNorm()]),
            minibatch: { ...minibatch.minibatch, exchange },
          },
          /layers\[0\] is a batchNorm layer, whose running statistics no shard's direction moves/,
        ] as const,
    ),
  ] as const)("is refused with %j", ([wrong, message], { expect }) => {
    expect(() => createRunSpec({ ...smallRun, ...minibatch, ...wrong } as typeof smallRun)).toThrow(message);
  });
});

describe("an evaluation that requires a backend", () => {
  const evaluation = { everyRounds: 1, requires: { backend: "webgpu" } };

  function createEvaluated() {
    const scene = createScene({ evaluation, rounds: 2, leaseMs: 500 });
    scene.join("a");
    scene.join("b");
    scene.start();
    scene.submit("a", 1);
    scene.submit("b", 1);
    scene.aggregated(1);
    return scene;
  }

  it("waits for a client that can do it, and training goes on meanwhile", ({ expect }) => {
    const scene = createEvaluated();
    expect(scene.state.evaluations).toMatchObject([{ round: 1, lease: null, result: null }]);
    expect(scene.ask("a")).toMatchObject({ task: { kind: "train", round: 2 } });
    scene.submit("a", 2);
    scene.submit("b", 2);
    scene.aggregated(2);
    expect(scene.ask("a")).toEqual({ status: "over", phase: "finished" });
    expect(scene.join("gpu", "webgpu").reply).toEqual({ status: "done" });
    expect(scene.ask("gpu")).toMatchObject({ task: { kind: "evaluate", round: 2 } });
    expect(scene.evaluated("gpu", 2).reply).toEqual({ status: "accepted" });
    expect(scene.ask("gpu")).toMatchObject({ task: { kind: "evaluate", round: 1 } });
    scene.evaluated("gpu", 1);
    expect(scene.ask("gpu")).toEqual({ status: "over", phase: "finished" });
  });

  it("is taken again when the client dies with its lease, and counts once", ({ expect }) => {
    const scene = createEvaluated();
    scene.join("gpu", "webgpu");
    scene.join("gpu2", "webgpu");
    expect(scene.ask("gpu")).toMatchObject({ task: { kind: "evaluate" } });
    expect(scene.ask("gpu2")).not.toMatchObject({ task: { kind: "evaluate" } });
    scene.clock(600);
    expect(scene.ask("gpu2")).toMatchObject({ task: { kind: "evaluate", round: 1 } });
    expect(scene.evaluated("gpu2", 1).reply).toEqual({ status: "accepted" });
    expect(scene.evaluated("gpu", 1).reply).toEqual({ status: "duplicate" });
    expect(scene.evaluated("gpu", 9).reply).toMatchObject({ status: "rejected" });
    expect(scene.state.evaluations).toMatchObject([{ result: { client: "gpu2" } }]);
  });
});
