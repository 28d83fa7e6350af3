import { describe, it } from "vitest";
import { toSvg } from "../../bench/command/plot.ts";
import type { Panel } from "../../bench/command/plot.ts";

function panel(yScale: Panel["yScale"], ys: readonly number[]): Panel {
  const points = ys.map((y, index) => [index + 1, y] as const);
  return {
    title: "t",
    xLabel: "epochs",
    yLabel: "loss < 1 & more",
    yScale,
    series: [{ label: "a", points }],
  };
}

/** The joined points as they are drawn. */
function drawn(svg: string): number[][] {
  const [, points = ""] = /<polyline points="([^"]*)"/.exec(svg) ?? [];
  return points.split(" ").map((pair) => pair.split(",").map(Number));
}

/** The numbers beside the vertical axis. */
function ticks(svg: string): string[] {
  return [...svg.matchAll(/text-anchor="end">([^<]*)</g)].map(([, text = ""]) => text);
}

describe("a plot", () => {
  it("draws equal ratios at equal distances where its scale is logarithmic", ({ expect }) => {
    const svg = toSvg("plot", [panel("log", [1, 0.1, 0.01])]);
    const [[x1 = 0, y1 = 0] = [], [x2 = 0, y2 = 0] = [], [x3 = 0, y3 = 0] = []] = drawn(svg);
    // Coordinates are rounded to a tenth of a pixel.
    expect(y2 - y1).toBeCloseTo(y3 - y2, 0);
    expect(x2 - x1).toBeCloseTo(x3 - x2, 0);
    expect(y1).toBeLessThan(y2);
    expect(ticks(svg)).toEqual(["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"]);
  });

  it("has ticks over many decades, within one and on a linear scale", ({ expect }) => {
    expect(ticks(toSvg("plot", [panel("log", [10, 1e-4])]))).toEqual([
      "1e-4",
      "0.001",
      "0.01",
      "0.1",
      "1",
      "10",
    ]);
    expect(ticks(toSvg("plot", [panel("log", [1.7, 1.1])]))).toEqual(["1.2", "1.4", "1.6", "1.8"]);
    expect(ticks(toSvg("plot", [panel("linear", [31, 55])]))).toEqual(["30", "35", "40", "45", "50", "55"]);
  });

  it("escapes what it writes, and leaves out what a logarithm cannot show", ({ expect }) => {
    const svg = toSvg("a < b", [panel("log", [1, 0, 0.5])]);
    expect(svg).toContain("a &lt; b");
    expect(svg).toContain("loss &lt; 1 &amp; more");
    expect(drawn(svg)).toHaveLength(2);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it("draws a single value", ({ expect }) => {
    for (const scale of ["linear", "log"] as const) {
      const svg = toSvg("plot", [panel(scale, [2])]);
      expect(svg).toContain("<circle");
      expect(svg).not.toMatch(/NaN|Infinity/);
    }
  });
});
