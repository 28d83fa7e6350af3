import { errorCode, loadKernels, paramsLayout } from "edgeprop";
import { allRunSets, createRunSpec, createUpdateCodec, simulate } from "edgeprop/federated";
import type { FilterSet, RunSets, TrainTask } from "edgeprop/federated";
import { describe, it } from "vitest";
import { firstParams, numParams, updatesOf } from "../support/closing.ts";
import { smallRun } from "../support/run.ts";

const layout = paramsLayout(smallRun.model);

/** What every update filter must do, ours or a user's: over all of a set. */
export function filterSuite(filters: FilterSet): void {
  const sets: RunSets = { ...allRunSets, filters };

  describe.each(Object.keys(filters))("the update filter %s", (name) => {
    const createSpec = (options: object = {}) =>
      createRunSpec({ ...smallRun, filters: [{ ...options, name }], cohortSize: 3 }, sets);
    const codec = () => createUpdateCodec(createSpec().filters, { layout, set: filters });

    it("has a default for every option, and is plain JSON that parses to itself", ({ expect }) => {
      const spec = createSpec();
      expect(JSON.parse(JSON.stringify(spec.filters ?? []))).toEqual(spec.filters ?? []);
      expect(createSpec(spec.filters?.[0]).filters).toEqual(spec.filters);
    });

    it("refuses an option that it does not have, and each of its own as an object", ({ expect }) => {
      const own = Object.keys(createSpec().filters?.[0] ?? {}).filter((key) => key !== "name");
      for (const option of ["colour", ...own]) {
        expect(() => createSpec({ [option]: {} })).toThrow(
          expect.objectContaining({
            code: "bad-option",
            message: expect.stringContaining(`filters[0].${option}`),
          }),
        );
      }
    });

    it("gives the same bytes from the same delta and seed, and leaves the delta as it is", ({ expect }) => {
      for (const update of updatesOf(1)) {
        const before = update.delta.slice();
        expect(codec().encode(update, 7)).toEqual(codec().encode(update, 7));
        expect(update.delta).toEqual(before);
      }
    });

    it("comes back as one value for each param, finite, with the report as it was", ({ expect }) => {
      for (const { client: _, ...update } of updatesOf(1)) {
        const { delta, ...report } = codec().decode(codec().encode(update, 7));
        expect(report).toEqual({ numExamples: update.numExamples, loss: update.loss });
        expect(delta).toHaveLength(numParams);
        expect(delta.every(Number.isFinite)).toBe(true);
      }
    });

    it("refuses bytes that are cut off, and an update of another model", ({ expect }) => {
      const [update] = updatesOf(1);
      if (update === undefined) throw new Error("no update");
      const bytes = codec().encode(update, 7);
      for (const length of [0, 7, 20, bytes.length - 1]) {
        expect(() => codec().decode(bytes.subarray(0, length))).toThrow(
          expect.objectContaining({ code: "bad-file" }),
        );
      }
      const wider = paramsLayout({ ...smallRun.model, input: [4] });
      const other = createUpdateCodec(createSpec().filters, { layout: wider, set: filters });
      const foreign = other.encode({ ...update, delta: new Float32Array(10) }, 7);
      let code;
      try {
        codec().decode(foreign);
      } catch (error) {
        code = errorCode(error);
      }
      expect(code).toBe("bad-shape");
    });

    it("works in a simulation, to the same bytes in any order of the clients", async ({ expect }) => {
      const train = async ({ round }: TrainTask, { client }: { readonly client: string }) =>
        updatesOf(round).find((update) => update.client === client) ?? {
          delta: new Float32Array(),
          numExamples: 1,
          loss: 0,
        };
      const run = async (clients: string[]) => {
        const given = { kernels: loadKernels(), params: firstParams.params, clients, train, sets };
        const rounds = [];
        for await (const round of simulate(createSpec(), given)) rounds.push(round);
        return rounds;
      };
      const rounds = await run(["ada", "bea", "cyd"]);
      expect(rounds).toHaveLength(2);
      expect(await run(["cyd", "ada", "bea"])).toEqual(rounds);
    });
  });
}
