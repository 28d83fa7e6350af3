import { allRunSets, createRunSpec } from "edgeprop/federated";
import type { NextRound, RunSets, StrategySet } from "edgeprop/federated";
import { describe, it } from "vitest";
import { createClosing, firstParams, numParams, restored, updatesOf } from "../support/closing.ts";
import type { Kept } from "../support/closing.ts";
import { smallRun } from "../support/run.ts";

/** What every strategy must do, ours or a user's: over all of a set. */
export function strategySuite(strategies: StrategySet): void {
  const sets: RunSets = { ...allRunSets, strategies };

  describe.each(Object.keys(strategies))("the strategy %s", (name) => {
    const parse = (options: object) =>
      createRunSpec({ ...smallRun, strategy: { ...options, name } }, sets).strategy;

    it("has a default for every option, and is plain JSON that parses to itself", ({ expect }) => {
      const spec = parse({});
      expect(spec.name).toBe(name);
      expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
      expect(parse(spec)).toEqual(spec);
    });

    it("refuses an option that it does not have, and each of its own as an object", ({ expect }) => {
      for (const option of ["colour", ...Object.keys(parse({})).filter((key) => key !== "name")]) {
        expect(() => parse({ [option]: {} })).toThrow(
          expect.objectContaining({
            code: "bad-option",
            message: expect.stringContaining(`strategy.${option}`),
          }),
        );
      }
    });

    /** Three rounds; `reorder` is the order of arrival, `between` what happens between two rounds. */
    function run(reorder: <T>(items: T[]) => T[] = (items) => items, between = (kept: Kept) => kept) {
      let closing = createClosing({ strategy: { name } }, sets);
      let kept: Kept = firstParams;
      const rounds: NextRound[] = [];
      for (let round = 1; round <= 3; round++) {
        const next = closing.close(round, kept, reorder(updatesOf(round)));
        rounds.push({ params: next.params.slice(), state: next.state.slice() });
        kept = between(next);
        if (kept !== next) closing = createClosing({ strategy: { name } }, sets);
      }
      return rounds;
    }

    it("gives the same bytes in any order of arrival", ({ expect }) => {
      expect(run((updates) => updates.toReversed())).toEqual(run());
      expect(run(([first, ...others]) => (first === undefined ? [] : [...others, first]))).toEqual(run());
    });

    it("goes on to the same bytes from what was stored", ({ expect }) => {
      expect(run(undefined, restored)).toEqual(run());
    });

    it("keeps a state of the length it declares, finite, and moves the params", ({ expect }) => {
      const { spec } = createClosing({ strategy: { name } }, sets);
      const declared = strategies[name]?.initialState?.(spec.strategy, numParams).length ?? 0;
      for (const { params, state } of run()) {
        expect(params).toHaveLength(numParams);
        expect(state).toHaveLength(declared);
        expect([...params, ...state].every(Number.isFinite)).toBe(true);
        expect(params).not.toEqual(firstParams.params);
      }
    });

    it("does not write into what it is given", ({ expect }) => {
      const closing = createClosing({ strategy: { name } }, sets);
      const first = closing.close(1, firstParams);
      const before = { params: first.params.slice(), state: first.state.slice() };
      closing.close(2, first);
      expect(first).toEqual(before);
    });
  });
}
