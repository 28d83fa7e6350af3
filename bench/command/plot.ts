export interface Series {
  readonly label: string;
  /** (x, y) in the order they are joined in. */
  readonly points: readonly (readonly [number, number])[];
}

export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly yScale: "linear" | "log";
  /** A label has the same colour in every panel. */
  readonly series: readonly Series[];
}

/** Okabe & Ito's palette, which most eyes can tell apart, and a dash for those who print in grey. */
const strokes = [
  { colour: "#000000", dash: "" },
  { colour: "#0072b2", dash: "6 3" },
  { colour: "#d55e00", dash: "" },
  { colour: "#009e73", dash: "2 3" },
  { colour: "#cc79a7", dash: "8 3 2 3" },
  { colour: "#e69f00", dash: "" },
  { colour: "#56b4e9", dash: "4 2" },
] as const;

const width = 400;
const height = 340;
const margin = { top: 34, right: 16, bottom: 48, left: 62 };
const header = 64;
/** A line of at most this many points shows each of them. */
const mostDots = 20;

/** Line plots side by side under one title and one legend, as an SVG document. */
export function toSvg(title: string, panels: readonly Panel[]): string {
  const labels = [...new Set(panels.flatMap(({ series }) => series.map(({ label }) => label)))];
  const total = { width: width * panels.length, height: header + height };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${total.width}" height="${total.height}" viewBox="0 0 ${total.width} ${total.height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    text(title, { x: total.width / 2, y: 22, anchor: "middle", size: 15 }),
    ...legend(labels, total.width),
    ...panels.map(
      (panel, index) =>
        `<g transform="translate(${index * width} ${header})">${drawPanel(panel, labels)}</g>`,
    ),
    "</svg>\n",
  ].join("\n");
}

function legend(labels: readonly string[], totalWidth: number): string[] {
  const widths = labels.map((label) => 44 + 7 * label.length);
  let x = (totalWidth - widths.reduce((sum, each) => sum + each, 0)) / 2;
  return labels.map((label, index) => {
    const line = `<line x1="${x}" y1="44" x2="${x + 26}" y2="44" ${strokeOf(labels, label)}/>`;
    const entry = line + text(label, { x: x + 31, y: 48 });
    x += widths[index] ?? 0;
    return entry;
  });
}

function drawPanel({ title, xLabel, yLabel, yScale, series }: Panel, labels: readonly string[]): string {
  const points = series.flatMap((each) => each.points);
  const xAxis = linearAxis(0, Math.max(1e-9, ...points.map(([x]) => x)));
  const ys = points.map(([, y]) => y).filter((y) => yScale === "linear" || y > 0);
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const yAxis = yScale === "log" ? logAxis(low, high) : linearAxis(low, high);
  const [left, right] = [margin.left, width - margin.right];
  const [top, bottom] = [margin.top, height - margin.bottom];
  const toX = (x: number): number => left + xAxis.place(x) * (right - left);
  const toY = (y: number): number => bottom - yAxis.place(y) * (bottom - top);
  const middle = { x: (left + right) / 2, y: (top + bottom) / 2 };
  return [
    text(title, { x: middle.x, y: top - 10, anchor: "middle", size: 13 }),
    ...xAxis.ticks.map(
      (x) =>
        `<line x1="${fixed(toX(x))}" x2="${fixed(toX(x))}" y1="${top}" y2="${bottom}" stroke="#e4e4e4"/>` +
        text(tickText(x), { x: toX(x), y: bottom + 17, anchor: "middle" }),
    ),
    ...yAxis.ticks.map(
      (y) =>
        `<line x1="${left}" x2="${right}" y1="${fixed(toY(y))}" y2="${fixed(toY(y))}" stroke="#e4e4e4"/>` +
        text(tickText(y), { x: left - 6, y: toY(y) + 4, anchor: "end" }),
    ),
    `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="#444"/>`,
    text(xLabel, { x: middle.x, y: height - 12, anchor: "middle" }),
    `<g transform="translate(15 ${middle.y}) rotate(-90)">${text(yLabel, { x: 0, y: 0, anchor: "middle" })}</g>`,
    ...series.map(({ label, points: line }) => {
      const drawn = line.filter(([, y]) => yScale === "linear" || y > 0);
      const path = drawn.map(([x, y]) => `${fixed(toX(x))},${fixed(toY(y))}`).join(" ");
      const dots = drawn.length > mostDots ? [] : drawn;
      return [
        `<polyline points="${path}" fill="none" ${strokeOf(labels, label)}/>`,
        ...dots.map(
          ([x, y]) =>
            `<circle cx="${fixed(toX(x))}" cy="${fixed(toY(y))}" r="2.5" fill="${colourOf(labels, label)}"/>`,
        ),
      ].join("\n");
    }),
  ].join("\n");
}

interface Axis {
  readonly ticks: readonly number[];
  /** 0 at the low end, 1 at the high end. */
  readonly place: (value: number) => number;
}

function linearAxis(low: number, high: number): Axis {
  const span = high > low ? high - low : Math.abs(high) + 1e-9;
  // Steps of 1, 2 or 5 times a power of ten, about six of them.
  const power = 10 ** Math.floor(Math.log10(span / 6));
  const step = power * ([1, 2, 5].find((factor) => factor * power * 6 >= span) ?? 10);
  const [from, to] = [Math.floor(low / step), Math.ceil((low + span) / step)];
  const ticks = Array.from({ length: to - from + 1 }, (_, index) =>
    Number(((from + index) * step).toPrecision(12)),
  );
  return { ticks, place: (value) => (value / step - from) / (to - from) };
}

function logAxis(low: number, high: number): Axis {
  const [from, to] = [Math.log10(low) - 0.03, Math.log10(high) + 0.03];
  const isInside = (tick: number): boolean => Math.log10(tick) >= from && Math.log10(tick) <= to;
  const ticks = logTicks(from, to).filter((tick) => tick > 0 && isInside(tick));
  return { ticks, place: (value) => (Math.log10(value) - from) / (to - from) };
}

/** Powers of ten; where they are too few, what lies between them; within a small part of a decade, equal steps. */
function logTicks(from: number, to: number): readonly number[] {
  if (to - from < 0.8) return linearAxis(10 ** from, 10 ** to).ticks;
  const factors = to - from > 3 ? [1] : [1, 2, 5];
  const decades = Array.from(
    { length: Math.ceil(to) - Math.floor(from) + 1 },
    (_, n) => Math.floor(from) + n,
  );
  return decades.flatMap((decade) => factors.map((factor) => factor * 10 ** decade));
}

function colourOf(labels: readonly string[], label: string): string {
  return (strokes[labels.indexOf(label) % strokes.length] ?? strokes[0]).colour;
}

function strokeOf(labels: readonly string[], label: string): string {
  const { colour, dash } = strokes[labels.indexOf(label) % strokes.length] ?? strokes[0];
  return `stroke="${colour}" stroke-width="2"${dash === "" ? "" : ` stroke-dasharray="${dash}"`}`;
}

function tickText(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5)
    ? value.toExponential(0)
    : String(Number(value.toPrecision(3)));
}

interface TextOptions {
  readonly x: number;
  readonly y: number;
  readonly anchor?: "middle" | "end";
  readonly size?: number;
}

function text(content: string, { x, y, anchor, size }: TextOptions): string {
  const attributes = [
    `x="${fixed(x)}"`,
    `y="${fixed(y)}"`,
    ...(anchor === undefined ? [] : [`text-anchor="${anchor}"`]),
    ...(size === undefined ? [] : [`font-size="${size}"`]),
  ];
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text ${attributes.join(" ")}>${escaped}</text>`;
}

function fixed(value: number): string {
  return String(Number(value.toFixed(1)));
}
