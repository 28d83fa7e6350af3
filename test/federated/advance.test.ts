import fc from "fast-check";
import { describe, it } from "vitest";
import { availableClients, chooseCohort, nextDeadline } from "../../src/federated/index.ts";
import { createScene } from "../support/run.ts";

function createOpenRound(overrides = {}) {
  const scene = createScene(overrides);
  scene.join("a");
  scene.join("b");
  scene.start();
  return scene;
}

describe("joining", () => {
  it("opens a round once the run is started and cohortSize clients are there", ({ expect }) => {
    const scene = createScene();
    scene.start();
    scene.join("a");
    expect(scene.state.current).toBeNull();
    const { events } = scene.join("b");
    expect(scene.state.current).toMatchObject({ round: 1, cohort: ["a", "b"], phase: "open" });
    expect(events).toContainEqual({ type: "round-opened", round: 1, cohortSize: 2 });
  });

  it("changes nothing for a client that joins again", ({ expect }) => {
    const scene = createOpenRound();
    const before = scene.state;
    expect(scene.join("a").reply).toEqual({ status: "done" });
    expect(scene.state).toBe(before);
  });

  it("brings a client that had left back", ({ expect }) => {
    const scene = createOpenRound();
    scene.leave("a");
    expect(availableClients(scene.state)).toEqual(["b"]);
    scene.join("a");
    expect(availableClients(scene.state)).toEqual(["a", "b"]);
  });

  it("is refused once the run is finished", ({ expect }) => {
    const scene = createOpenRound();
    scene.stop();
    expect(scene.join("c").reply).toEqual({ status: "refused", reason: "the run is finished" });
  });

  it("takes any name, also that of a property every object has", ({ expect }) => {
    const scene = createScene();
    scene.join("constructor");
    scene.join("toString");
    scene.start();
    expect(scene.submit("constructor", 1).reply).toEqual({ status: "accepted", part: "constructor" });
    expect(scene.submit("valueOf", 1).reply).toMatchObject({ status: "rejected" });
  });
});

describe("the cohort", () => {
  it("depends on seed and round, not on the order of joining", ({ expect }) => {
    const clients = Array.from({ length: 9 }, (_, index) => `client-${index}`);
    const forwards = createScene({ cohortSize: 3, overselection: 1 });
    const backwards = createScene({ cohortSize: 3, overselection: 1 });
    for (const client of clients) forwards.join(client);
    for (const client of clients.toReversed()) backwards.join(client);
    const cohorts = [1, 2, 3, 4, 5].map((round) => chooseCohort(forwards.state, round));
    expect([1, 2, 3, 4, 5].map((round) => chooseCohort(backwards.state, round))).toEqual(cohorts);
    expect(new Set(cohorts.map((cohort) => cohort.join())).size).toBeGreaterThan(1);
    for (const cohort of cohorts) expect(new Set(cohort).size).toBe(4);
  });

  it("invites nobody who has left", ({ expect }) => {
    const scene = createScene();
    for (const client of ["a", "b", "c"]) scene.join(client);
    scene.leave("b");
    scene.start();
    expect(scene.state.current?.cohort).toEqual(["a", "c"]);
  });
});

describe("a task", () => {
  it("goes to an invited client until it has submitted", ({ expect }) => {
    const scene = createOpenRound();
    expect(scene.ask("a")).toMatchObject({ status: "task", task: { round: 1 } });
    expect(scene.ask("stranger")).toEqual({ status: "none" });
    scene.submit("a", 1);
    expect(scene.ask("a")).toEqual({ status: "none" });
  });

  it("is the same when it is taken again, and another for another client or round", ({ expect }) => {
    const scene = createOpenRound();
    const seedOf = (client: string) => {
      const reply = scene.ask(client);
      return reply.status === "task" && reply.task.kind === "train" ? reply.task.seed : null;
    };
    const first = seedOf("a");
    expect(seedOf("a")).toBe(first);
    expect(seedOf("b")).not.toBe(first);
    scene.submit("a", 1);
    scene.submit("b", 1);
    scene.aggregated(1);
    expect(seedOf("a")).not.toBe(first);
  });

  it("is withheld while the run is paused, and over when the run is", ({ expect }) => {
    const scene = createOpenRound();
    scene.pause();
    expect(scene.ask("a")).toEqual({ status: "none" });
    scene.stop();
    expect(scene.ask("a")).toEqual({ status: "over", phase: "finished" });
  });
});

describe("an update", () => {
  it("counts once, however often it is sent", ({ expect }) => {
    const scene = createOpenRound();
    expect(scene.submit("a", 1, { numExamples: 10 }).reply).toEqual({ status: "accepted", part: "a" });
    const before = scene.state;
    expect(scene.submit("a", 1, { numExamples: 99 }).reply).toEqual({ status: "duplicate" });
    expect(scene.state).toBe(before);
  });

  it("counts once when the client joins again under a new connection and sends again", ({ expect }) => {
    const scene = createOpenRound();
    scene.submit("a", 1);
    scene.join("a");
    expect(scene.submit("a", 1).reply).toEqual({ status: "duplicate" });
    scene.submit("b", 1);
    scene.aggregated(1);
    expect(scene.state.history).toMatchObject([{ clients: ["a", "b"], numExamples: 20 }]);
    expect(scene.submit("a", 1).reply).toEqual({ status: "duplicate" });
  });

  it("still counts when the client leaves after it submitted", ({ expect }) => {
    const scene = createOpenRound();
    scene.submit("a", 1);
    scene.leave("a");
    scene.submit("b", 1);
    expect(scene.state.current?.phase).toBe("aggregating");
    scene.aggregated(1);
    expect(scene.state.history).toMatchObject([{ clients: ["a", "b"] }]);
  });

  it("of another round is stale and told the current one", ({ expect }) => {
    const scene = createOpenRound();
    scene.submit("a", 1);
    scene.leave("b");
    scene.aggregated(1);
    scene.join("b");
    expect(scene.state.current?.round).toBe(2);
    expect(scene.submit("b", 1).reply).toEqual({ status: "stale", currentRound: 2 });
    expect(scene.submit("b", 7).reply).toEqual({ status: "stale", currentRound: 2 });
  });

  it("is rejected from an unknown client, from one not invited, and with bad content", ({ expect }) => {
    const scene = createOpenRound();
    scene.join("late");
    expect(scene.submit("nobody", 1).reply).toMatchObject({
      status: "rejected",
      reason: expect.stringContaining("nobody"),
    });
    expect(scene.submit("late", 1).reply).toMatchObject({
      status: "rejected",
      reason: expect.stringContaining("not invited"),
    });
    expect(scene.submitInvalid("a", 1, "NaN in layers.0.weights").reply).toEqual({
      status: "rejected",
      reason: "NaN in layers.0.weights",
    });
    expect(scene.submit("a", 1).reply).toEqual({ status: "accepted", part: "a" });
  });

  it("is accepted while the run is paused, and closes the round after the start", ({ expect }) => {
    const scene = createOpenRound();
    scene.submit("a", 1);
    scene.pause();
    expect(scene.submit("b", 1).reply).toEqual({ status: "accepted", part: "b" });
    expect(scene.state.current?.phase).toBe("open");
    scene.start();
    expect(scene.state.current?.phase).toBe("aggregating");
  });
});

describe("a round", () => {
  it("closes with the weighted mean of the losses and the next one opens", ({ expect }) => {
    const scene = createOpenRound();
    scene.submit("b", 1, { numExamples: 30, loss: 1 });
    scene.submit("a", 1, { numExamples: 10, loss: 3 });
    const { events } = scene.aggregated(1);
    expect(scene.state.history).toMatchObject([
      { round: 1, phase: "closed", numExamples: 40, loss: 1.5, bytesUp: 200 },
    ]);
    expect(events.map(({ type }) => type)).toEqual(["round-closed", "round-opened"]);
    expect(scene.state.current?.round).toBe(2);
  });

  it("closes early when nobody is left to wait for and minUpdates are there", ({ expect }) => {
    const scene = createOpenRound({ minUpdates: 1 });
    scene.submit("a", 1);
    scene.leave("b");
    expect(scene.state.current?.phase).toBe("aggregating");
  });

  it("closes at its deadline with minUpdates", ({ expect }) => {
    const scene = createOpenRound({ minUpdates: 1 });
    scene.submit("a", 1);
    scene.clock(900);
    expect(scene.state.current?.phase).toBe("open");
    scene.clock(200);
    expect(scene.state.current?.phase).toBe("aggregating");
  });

  it("with too few updates at its deadline is extended, invites who is there, then pauses, and loses nothing", ({
    expect,
  }) => {
    const scene = createOpenRound({ minUpdates: 2 });
    scene.submit("a", 1);
    scene.join("c");
    const { events } = scene.clock(1_100);
    expect(events).toMatchObject([{ type: "round-extended", round: 1 }]);
    expect(scene.state.current).toMatchObject({ phase: "open", cohort: ["a", "b", "c"] });
    scene.clock(1_100);
    expect(scene.state).toMatchObject({
      phase: "paused",
      reason: expect.stringContaining("1 of the 2 updates"),
    });
    expect(nextDeadline(scene.state, 0)).toBeNull();
    scene.start();
    expect(scene.submit("c", 1).reply).toEqual({ status: "accepted", part: "c" });
    scene.aggregated(1);
    expect(scene.state.history).toMatchObject([{ clients: ["a", "c"] }]);
  });

  it("after the last one the run is finished", ({ expect }) => {
    const scene = createOpenRound({ rounds: 1 });
    scene.submit("a", 1);
    scene.submit("b", 1);
    const { events } = scene.aggregated(1);
    expect(scene.state).toMatchObject({ phase: "finished", current: null });
    expect(events.at(-1)).toEqual({ type: "run", phase: "finished" });
    expect(scene.submit("a", 2).reply).toEqual({ status: "stale", currentRound: null });
    expect(scene.start().reply).toMatchObject({ status: "refused" });
  });

  it("fails when the run is stopped under it", ({ expect }) => {
    const scene = createOpenRound();
    scene.submit("a", 1);
    scene.stop();
    expect(scene.state).toMatchObject({
      phase: "finished",
      current: null,
      history: [{ phase: "failed", clients: [] }],
    });
  });

  it("cannot be closed twice", ({ expect }) => {
    const scene = createOpenRound();
    scene.submit("a", 1);
    scene.submit("b", 1);
    scene.aggregated(1);
    expect(scene.aggregated(1).reply).toMatchObject({ status: "refused" });
  });
});

it("whatever happens in whatever order, an accepted update is counted in exactly one round", ({ expect }) => {
  const step = fc.oneof(
    fc.record({
      do: fc.constant("submit" as const),
      client: fc.constantFrom("a", "b", "c", "d"),
      ahead: fc.integer({ min: -1, max: 1 }),
    }),
    fc.record({
      do: fc.constantFrom("join" as const, "leave" as const),
      client: fc.constantFrom("a", "b", "c", "d"),
    }),
    fc.record({ do: fc.constantFrom("start" as const, "pause" as const) }),
    fc.record({ do: fc.constant("clock" as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const scene = createScene({ rounds: 1_000, minUpdates: 1, overselection: 1 });
      const accepted: string[] = [];
      for (const action of steps) {
        if (action.do === "submit") {
          const round = (scene.state.current?.round ?? 1) + action.ahead;
          if (scene.submit(action.client, round).reply.status === "accepted")
            accepted.push(`${round}/${action.client}`);
        } else if (action.do === "clock") scene.clock(action.ms);
        else if (action.do === "join" || action.do === "leave") scene[action.do](action.client);
        else scene[action.do]();
        const { current } = scene.state;
        if (current?.phase === "aggregating") scene.aggregated(current.round);
      }
      const open = Object.keys(scene.state.current?.updates ?? {}).map(
        (client) => `${scene.state.current?.round}/${client}`,
      );
      const closed = scene.state.history.flatMap(({ round, clients }) =>
        clients.map((client) => `${round}/${client}`),
      );
      expect([...closed, ...open].toSorted()).toEqual(accepted.toSorted());
    }),
    { numRuns: 500 },
  );
});
