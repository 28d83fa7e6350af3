import { describe, it } from "vitest";
import { createRandom } from "edgeprop";
import type { Arena } from "edgeprop/runtime";
import { allActivations } from "../../src/activations/index.ts";
import { activationFormulas, dropoutFactors, philox } from "../../src/reference/index.ts";
import type { Build } from "../support/kernels.ts";
import { builds, kernelArena, largestDifference, untouched } from "../support/kernels.ts";

const { gelu, leakyRelu } = activationFormulas;

/** 0, 1, lane - 1, lane, lane + 1, two vectors + 1, one large. */
const counts = [0, 1, 3, 4, 5, 9, 1001];

/** Named buffers of so many values in [-2, 2), each with one `untouched` value behind. */
function arenaOf(build: Build, sizes: Readonly<Record<string, number>>): Arena {
  const bytes = Object.entries(sizes).map(([name, count]) => [name, 4 * (count + 1)]);
  const arena = kernelArena(build, Object.fromEntries(bytes) as Record<string, number>);
  const random = createRandom("layers");
  for (const [name, count] of Object.entries(sizes)) {
    const values = arena.floats(name);
    for (let i = 0; i < count; i++) values[i] = 4 * random.uniform() - 2;
    values[count] = untouched;
  }
  return arena;
}

/** What lies in front of the untouched value, which must be there still. */
function read(arena: Arena, name: string): number[] {
  const values = [...arena.floats(name)];
  if (values.pop() !== untouched) throw new Error(`${name} was written past its end`);
  return values;
}

describe.for(builds)("%s", (build) => {
  it("gelu keeps its digits from -30 to 30, in its tail as well; and so does its slope", ({ expect }) => {
    const count = 60_001;
    const arena = kernelArena(build, { z: 4 * count, a: 4 * count, gradient: 4 * count });
    const z = arena.floats("z").map((_, i) => -30 + i / 1000);
    arena.floats("z").set(z);
    arena.kernels.gelu(count, arena.at("z"), arena.at("a"));
    arena.floats("gradient").fill(1);
    arena.kernels.geluBackward(count, arena.at("z"), arena.at("gradient"));
    // Relative, but to 1e-31 at least: the kernel cuts the tail off at -13.2, where less than 1e-37 is left.
    // The slope passes through 0 at -0.75: around there it is compared to 1.
    let [worst, worstSlope] = [0, 0];
    for (const [i, x] of z.entries()) {
      const [a, s] = [gelu.value(x), gelu.slope(x)];
      worst = Math.max(worst, Math.abs((arena.floats("a")[i] ?? 0) - a) / Math.max(Math.abs(a), 1e-31));
      const size = x < -2 ? Math.max(Math.abs(s), 1e-31) : 1;
      worstSlope = Math.max(worstSlope, Math.abs((arena.floats("gradient")[i] ?? 0) - s) / size);
    }
    // A dozen roundings of 6e-8, and the polynomial's 8e-9.
    expect(worst).toBeLessThan(1e-6);
    expect(worstSlope).toBeLessThan(1e-6);
  });

  it("gelu and leakyRelu leave what lies behind, and show NaN and the infinities", ({ expect }) => {
    for (const count of counts) {
      const arena = arenaOf(build, { z: count, a: count, gradient: count });
      const [z, g] = [read(arena, "z"), read(arena, "gradient")];
      arena.kernels.gelu(count, arena.at("z"), arena.at("a"));
      arena.kernels.geluBackward(count, arena.at("z"), arena.at("gradient"));
      expect(
        largestDifference(
          read(arena, "a"),
          z.map((x) => gelu.value(x)),
        ),
      ).toBeLessThan(1e-6);
      expect(
        largestDifference(
          read(arena, "gradient"),
          z.map((x, i) => gelu.slope(x) * (g[i] ?? 0)),
        ),
      ).toBeLessThan(2e-6);
      arena.kernels.activate(allActivations.leakyRelu.number, count, arena.at("z"));
      const a = read(arena, "z");
      expect(
        largestDifference(
          a,
          z.map((x) => leakyRelu.value(x)),
        ),
      ).toBeLessThan(1e-7);
      const before = read(arena, "gradient");
      arena.kernels.leakyReluBackward(count, arena.at("z"), arena.at("gradient"));
      expect(
        largestDifference(
          read(arena, "gradient"),
          before.map((x, i) => x * leakyRelu.slope(z[i] ?? 0)),
        ),
      ).toBeLessThan(1e-6);
    }
    const arena = kernelArena(build, { z: 16, a: 16 });
    arena.floats("z").set([Number.NaN, Infinity, -Infinity, 1e30]);
    arena.kernels.gelu(4, arena.at("z"), arena.at("a"));
    expect([...arena.floats("a")].map((a) => a + 0)).toEqual([Number.NaN, Infinity, 0, Math.fround(1e30)]);
    arena.kernels.activate(allActivations.leakyRelu.number, 4, arena.at("z"));
    expect([...arena.floats("z")]).toEqual([Number.NaN, Infinity, -Infinity, Math.fround(1e30)]);
  });

  it("normalises channels by their moments, and back", ({ expect }) => {
    for (const rows of [1, 2, 7]) {
      for (const channels of [1, 3, 4, 5, 9]) {
        const count = rows * channels;
        const arena = arenaOf(build, {
          x: count,
          g: count,
          out: count,
          back: count,
          moments: 5 * channels,
          gamma: channels,
          beta: channels,
        });
        const { kernels } = arena;
        const [x, g, gamma, beta] = ["x", "g", "gamma", "beta"].map((name) => read(arena, name));
        const column = (values: number[] = [], channel = 0) =>
          values.filter((_, i) => i % channels === channel);
        const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
        const moments = Array.from({ length: channels }, (_, channel) => {
          const values = column(x, channel);
          const mean = sum(values) / rows;
          const squares = sum(values.map((value) => (value - mean) ** 2));
          const unbiased = rows > 1 ? squares / (rows - 1) : 0;
          return { mean, inverse: 1 / Math.sqrt(squares / rows + 0.01), unbiased };
        });
        const [mean, inverse] = [arena.at("moments"), arena.at("moments") + 4 * channels];
        kernels.channelMoments(rows, channels, 0.01, arena.at("x"), mean);
        const found = read(arena, "moments");
        const expected = [
          ...moments.map((each) => each.mean),
          ...moments.map((each) => each.inverse),
          ...moments.map((each) => each.unbiased),
        ];
        // One rounding of values up to 10.
        expect(largestDifference(found.slice(0, 3 * channels), expected)).toBeLessThan(1e-6);

        const at = (name: string) => arena.at(name);
        kernels.normalizeChannels(rows, channels, mean, inverse, at("gamma"), at("beta"), at("x"), at("out"));
        const xHat = (x ?? []).map(
          (value, i) => (value - (moments[i % channels]?.mean ?? 0)) * (moments[i % channels]?.inverse ?? 0),
        );
        const out = xHat.map(
          (value, i) => value * (gamma?.[i % channels] ?? 0) + (beta?.[i % channels] ?? 0),
        );
        // A few roundings of values up to 10 x 2 x 2.
        expect(largestDifference(read(arena, "out"), out)).toBeLessThan(1e-5);

        const sums = mean + 12 * channels;
        kernels.channelSums(rows, channels, mean, inverse, at("x"), at("g"), sums);
        const gammaSums = moments.map((_, c) =>
          sum(
            column(
              xHat.map((value, i) => value * (g?.[i] ?? 0)),
              c,
            ),
          ),
        );
        const betaSums = moments.map((_, c) => sum(column(g, c)));
        expect(
          largestDifference(read(arena, "moments").slice(3 * channels), [...gammaSums, ...betaSums]),
        ).toBeLessThan(1e-4);
        kernels.normalizeChannelsBackward(
          rows,
          channels,
          mean,
          inverse,
          at("gamma"),
          sums,
          at("x"),
          at("g"),
          at("back"),
        );
        const back = (g ?? []).map((value, i) => {
          const c = i % channels;
          const through = ((betaSums[c] ?? 0) + (xHat[i] ?? 0) * (gammaSums[c] ?? 0)) / rows;
          return (gamma?.[c] ?? 0) * (moments[c]?.inverse ?? 0) * (value - through);
        });
        expect(largestDifference(read(arena, "back"), back)).toBeLessThan(1e-4);
        kernels.scaleChannels(rows, channels, inverse, at("gamma"), at("g"), at("back"));
        const scaled = (g ?? []).map(
          (value, i) => value * (gamma?.[i % channels] ?? 0) * (moments[i % channels]?.inverse ?? 0),
        );
        expect(largestDifference(read(arena, "back"), scaled)).toBeLessThan(1e-5);
      }
    }
  });

  it("inverseRoots takes a negative variance for 0, and interpolate goes part of the way", ({ expect }) => {
    const arena = arenaOf(build, { x: 3, y: 3 });
    arena.floats("x").set([-1, 0, 3]);
    arena.kernels.inverseRoots(3, 0.25, arena.at("x"), arena.at("y"));
    expect(read(arena, "y")).toEqual([2, 2, Math.fround(1 / Math.sqrt(3.25))]);
    arena.floats("y").set([1, 2, 4]);
    arena.kernels.interpolate(3, 0.25, arena.at("x"), arena.at("y"));
    expect(read(arena, "y")).toEqual([0.5, 1.5, 3.75]);
  });

  it("normalises rows, and back", ({ expect }) => {
    for (const rows of [0, 1, 3]) {
      for (const columns of [1, 3, 4, 5, 9, 101]) {
        const count = rows * columns;
        const arena = arenaOf(build, {
          x: count,
          g: count,
          out: count,
          back: count,
          sums: 2 * columns,
          gamma: columns,
          beta: columns,
        });
        const [x = [], g = [], gamma = [], beta = []] = ["x", "g", "gamma", "beta"].map((name) =>
          read(arena, name),
        );
        const at = (name: string) => arena.at(name);
        arena.kernels.layerNorm(rows, columns, 0.01, at("gamma"), at("beta"), at("x"), at("out"));
        arena.kernels.layerNormBackward(rows, columns, 0.01, at("gamma"), at("x"), at("g"), at("back"));
        arena.kernels.layerNormSums(rows, columns, 0.01, at("x"), at("g"), at("sums"));
        const mean = (values: number[]) => values.reduce((total, value) => total + value, 0) / columns;
        const sums = Array.from({ length: 2 * columns }, () => 0);
        const [out, back]: [number[], number[]] = [[], []];
        for (let row = 0; row < rows; row++) {
          const own = x.slice(row * columns, (row + 1) * columns);
          const center = mean(own);
          const inverse = 1 / Math.sqrt(mean(own.map((value) => (value - center) ** 2)) + 0.01);
          const xHat = own.map((value) => (value - center) * inverse);
          const ownG = g.slice(row * columns, (row + 1) * columns);
          const h = ownG.map((value, i) => value * (gamma[i] ?? 0));
          const along = mean(h.map((value, i) => value * (xHat[i] ?? 0)));
          for (const [i, value] of xHat.entries()) {
            out.push(value * (gamma[i] ?? 0) + (beta[i] ?? 0));
            back.push(((h[i] ?? 0) - mean(h) - value * along) * inverse);
            sums[i] = (sums[i] ?? 0) + value * (ownG[i] ?? 0);
            sums[columns + i] = (sums[columns + i] ?? 0) + (ownG[i] ?? 0);
          }
        }
        // A few roundings of values up to 10 x 2 x 2.
        expect(largestDifference(read(arena, "out"), out)).toBeLessThan(1e-5);
        expect(largestDifference(read(arena, "back"), back)).toBeLessThan(1e-4);
        expect(largestDifference(read(arena, "sums"), sums)).toBeLessThan(1e-5);
      }
    }
  });

  it("dropout takes the values that Philox says, for every place, layer, step and seed", ({ expect }) => {
    for (const count of counts) {
      for (const [rate, step] of [
        [0, 1],
        [0.3, 1],
        [0.999, 2 ** 32 + 5],
      ] as const) {
        const arena = arenaOf(build, { x: count, out: count });
        const random = createRandom(7, "dropout");
        const [keyLow, keyHigh] = [random.uint32(), random.uint32()];
        arena.kernels.dropout(count, rate, keyLow, keyHigh, 3, step, arena.at("x"), arena.at("out"));
        const factors = dropoutFactors(count, { rate, seed: 7, step, layer: 3 });
        const expected = read(arena, "x").map((x, i) => Math.fround(x * Math.fround(factors[i] ?? 0)));
        expect(read(arena, "out").map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
      }
    }
  });

  it("gathers and scatters rows of a table, tokens more than once as well", ({ expect }) => {
    for (const units of [1, 3, 4, 5, 9]) {
      const arena = arenaOf(build, { tokens: 5, table: 7 * units, out: 5 * units });
      const tokens = [6, 0, 3, 0, 0];
      arena.floats("tokens").set(tokens);
      const table = read(arena, "table");
      const row = (token: number) => table.slice(token * units, (token + 1) * units);
      arena.kernels.gatherRows(5, units, arena.at("tokens"), arena.at("table"), arena.at("out"));
      expect(read(arena, "out")).toEqual(tokens.flatMap(row));
      arena.kernels.scatterRows(5, units, arena.at("tokens"), arena.at("out"), arena.at("table"));
      const times = [4, 1, 1, 2, 1, 1, 2];
      const expected = table.map((value, i) => value * (times[Math.floor(i / units)] ?? 0));
      // Three additions of values up to 8.
      expect(largestDifference(read(arena, "table"), expected)).toBeLessThan(2e-6);
    }
  });

  it("firstNoToken finds what is no index", ({ expect }) => {
    const arena = arenaOf(build, { tokens: 4 });
    const first = (...values: number[]) => {
      arena.floats("tokens").set(values);
      return arena.kernels.firstNoToken(4, 10, arena.at("tokens"));
    };
    expect(first(0, 9, 3, 1)).toBe(-1);
    expect(first(0, 10, 3, 1)).toBe(1);
    expect(first(0, 9, -1, 1)).toBe(2);
    expect(first(0.5, 9, 3, 1)).toBe(0);
    expect(first(0, 9, 3, Number.NaN)).toBe(3);
  });

  it("fill, normal and demoteColumn write so many values", ({ expect }) => {
    for (const count of counts) {
      const arena = arenaOf(build, { out: count });
      arena.kernels.fill(count, 0.1, arena.at("out"));
      expect(read(arena, "out")).toEqual(Array.from({ length: count }, () => Math.fround(0.1)));
      arena.kernels.normal(count, 3, 4, arena.at("out"));
      expect(read(arena, "out").every(Number.isFinite)).toBe(true);
    }
    const arena = kernelArena(build, { right: 3 * 64, out: 28 });
    new Float64Array(arena.bytes("right").buffer, arena.at("right"), 24).set([1, 9, 0, 0, 0, 0, 0, 0, 2], 0);
    new Float64Array(arena.bytes("right").buffer, arena.at("right"), 24).set([3], 16);
    arena.floats("out").fill(untouched);
    arena.kernels.demoteColumn(3, 2, arena.at("right"), arena.at("out"), 3);
    expect([...arena.floats("out")]).toEqual([2, untouched, untouched, 4, untouched, untouched, 6]);
  });

  it("normal has mean 0, variance 1 and the tails of the normal distribution", ({ expect }) => {
    const count = 40_000;
    const arena = kernelArena(build, { out: 4 * count, other: 4 * count });
    arena.kernels.normal(count, 1, 2, arena.at("out"));
    arena.kernels.normal(count, 1, 3, arena.at("other"));
    const values = [...arena.floats("out")];
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    // Five standard errors: 1 / 200, sqrt(2) / 200, and of a share of 4.55 %.
    expect(Math.abs(mean)).toBeLessThan(0.025);
    expect(Math.abs(variance - 1)).toBeLessThan(0.036);
    expect(Math.abs(values.filter((value) => Math.abs(value) > 2).length / count - 0.0455)).toBeLessThan(
      0.0053,
    );
    expect([...arena.floats("other")].filter((value, i) => value === values[i])).toEqual([]);
  });
});

describe("Philox4x32-10 of the reference", () => {
  // The known answers that come with the authors' Random123.
  it.for([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)("gives the known answer of counter %j", ([counter, key, expected], { expect }) => {
    expect(philox(counter, key)).toEqual([...expected]);
  });
});
