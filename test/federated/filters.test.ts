import { paramsLayout } from "edgeprop";
import { allFilters, allRunSets, createRunSpec, createUpdateCodec } from "edgeprop/federated";
import { encodeUpdate } from "edgeprop/protocol";
import { describe, it } from "vitest";
import { clip } from "../../examples/custom-filter/clip.ts";
import { int8 } from "../../examples/custom-filter/int8.ts";
import { filterSuite } from "../suites/filters.ts";
import { updatesOf } from "../support/closing.ts";
import { smallRun } from "../support/run.ts";

const layout = paramsLayout(smallRun.model);
const filters = { ...allFilters, clip, int8 };
const sets = { ...allRunSets, filters };

filterSuite(allFilters);
filterSuite({ clip, int8 });

describe("without a filter", () => {
  it("an update is the F32 file that it has always been, and the spec says nothing", ({ expect }) => {
    for (const named of [undefined, [], [{ name: "float32" }]]) {
      const { filters: kept, ...spec } = createRunSpec({ ...smallRun, ...(named && { filters: named }) });
      expect(kept).toBeUndefined();
      expect({ ...spec }).toEqual(createRunSpec(smallRun));
      const codec = createUpdateCodec(kept, { layout, set: {} });
      for (const update of updatesOf(1))
        expect(codec.encode(update, 1)).toEqual(encodeUpdate(layout, update));
    }
  });
});

describe("filters in a row", () => {
  it("apply in order on the client and are undone in reverse on the server", ({ expect }) => {
    const times = (name: string, factor: number, shift: number) => ({
      ...clip,
      name,
      parse: () => ({ name }),
      apply: (_: unknown, delta: Float32Array) => delta.map((value) => value * factor + shift),
      undo: (_: unknown, delta: Float32Array) => delta.map((value) => (value - shift) / factor),
    });
    const set = { double: times("double", 2, 0), shift: times("shift", 1, 8) };
    const codec = createUpdateCodec([{ name: "double" }, { name: "shift" }], { layout, set });
    const update = { delta: Float32Array.from({ length: 8 }, (_, i) => i), numExamples: 1, loss: 1 };
    const sent = createUpdateCodec([], { layout, set }).decode(codec.encode(update, 1)).delta;
    expect([...sent]).toEqual([8, 10, 12, 14, 16, 18, 20, 22]);
    expect(codec.decode(codec.encode(update, 1))).toEqual(update);
  });

  it("end with an encoding, float32 where none is named", ({ expect }) => {
    const named = [{ name: "clip", maxNorm: 0.5 }, { name: "int8" }];
    const spec = createRunSpec({ ...smallRun, filters: named }, sets);
    expect(spec.filters).toEqual(named);
    const codec = createUpdateCodec(spec.filters, { layout, set: filters });
    for (const update of updatesOf(1)) {
      const { delta } = codec.decode(codec.encode(update, 1));
      // Half a step of the integers, and float32 rounding.
      const clipped = clip.apply({ name: "clip", maxNorm: 0.5 }, update.delta, { layout, seed: 1 });
      const step = Math.max(...clipped.map(Math.abs)) / 127;
      for (const [i, value] of delta.entries())
        expect(Math.abs(value - (clipped[i] ?? 0))).toBeLessThan(0.51 * step);
    }
    const { filters: withoutDefault } = createRunSpec(
      { ...smallRun, filters: [{ name: "clip" }, { name: "float32" }] },
      sets,
    );
    expect(withoutDefault).toEqual([{ name: "clip", maxNorm: 1 }]);
  });

  it.for([
    [[{ name: "int8" }, { name: "clip" }], /filters\[0\] is "int8", an encoding, before another filter/],
    [
      [{ name: "clip" }, { name: "mask" }],
      /filters\[1\].name is "mask"; expected one of "float32", "clip", "int8"/,
    ],
    [{ name: "clip" }, /filters is not a list/],
    [["clip"], /filters\[0\] is "clip"; expected an object/],
  ] as const)("are refused as %j", ([named, message], { expect }) => {
    const input = { ...smallRun, filters: named } as Parameters<typeof createRunSpec>[0];
    expect(() => createRunSpec(input, sets)).toThrow(
      expect.objectContaining({ code: "bad-option", message: expect.stringMatching(message) }),
    );
  });

  it("are refused for statistics, whose sums are integers", ({ expect }) => {
    const minibatch = { exchange: "statistics", numExamples: 8 } as const;
    const input = { ...smallRun, mode: "minibatch", minibatch, filters: [{ name: "clip" }] } as const;
    expect(() => createRunSpec(input, sets)).toThrow(
      /filters are set and minibatch.exchange is "statistics"/,
    );
  });

  it("are missed by a client that was not handed them", ({ expect }) => {
    expect(() => createUpdateCodec([{ name: "clip" }], { layout, set: allFilters })).toThrow(
      expect.objectContaining({
        code: "unsupported",
        message: expect.stringContaining('filters[0].name is "clip"'),
      }),
    );
  });
});
