import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom, splitDataset, standardize, toDataset } from "../../src/node.ts";
import type { Dataset } from "../../src/node.ts";

/** A table as people bring one: what its rows are about, and what is to be learnt from them. */
export interface Table {
  readonly name: string;
  readonly task: "regression" | "classes" | "yes or no";
  /** Outputs of a model for it. */
  readonly outputs: number;
  readonly train: Dataset;
  readonly test: Dataset;
}

export interface TableOptions {
  /** Which rows are held out. */
  readonly seed: number;
  /** Inputs and targets of mean 0 and deviation 1; else as they are in the table. */
  readonly isScaled: boolean;
}

type Row = Readonly<Record<string, unknown>>;

interface Source {
  readonly name: string;
  readonly task: Table["task"];
  readonly rows: () => Promise<readonly Row[]>;
  readonly numbers: readonly string[];
  readonly categories?: readonly string[];
  readonly target: string;
}

const cars = async (): Promise<readonly Row[]> =>
  (await readRows("cars.json")).map((row) => ({
    ...row,
    year: Number(String(row["Year"]).slice(0, 4)),
    isAmerican: row["Origin"] === "USA",
  }));
const penguins = async (): Promise<readonly Row[]> =>
  (await readRows("penguins.json")).filter((row) => row["Sex"] === "MALE" || row["Sex"] === "FEMALE");
const weather = async (): Promise<readonly Row[]> =>
  (await readRows("seattle-weather.csv")).map((row) => {
    const day =
      (2 * Math.PI * (Date.parse(`${String(row["date"]).replaceAll("/", "-")}T00:00:00Z`) / 86_400_000)) /
      365.25;
    return { ...row, season: Math.cos(day), season2: Math.sin(day) };
  });

const sources: readonly Source[] = [
  {
    name: "cars, miles per gallon",
    task: "regression",
    rows: cars,
    numbers: ["Cylinders", "Displacement", "Horsepower", "Weight_in_lbs", "Acceleration", "year"],
    categories: ["Origin"],
    target: "Miles_per_Gallon",
  },
  {
    name: "penguins, body mass",
    task: "regression",
    rows: penguins,
    numbers: ["Beak Length (mm)", "Beak Depth (mm)", "Flipper Length (mm)"],
    categories: ["Species", "Island", "Sex"],
    target: "Body Mass (g)",
  },
  {
    name: "countries, life expectancy",
    task: "regression",
    rows: () => readRows("gapminder.json"),
    numbers: ["year", "pop", "fertility"],
    categories: ["cluster"],
    target: "life_expect",
  },
  {
    name: "barley, yield",
    task: "regression",
    rows: () => readRows("barley.json"),
    numbers: ["year"],
    categories: ["variety", "site"],
    target: "yield",
  },
  {
    name: "weather, highest temperature",
    task: "regression",
    rows: weather,
    numbers: ["precipitation", "wind", "season", "season2"],
    categories: ["weather"],
    target: "temp_max",
  },
  {
    name: "films, rating",
    task: "regression",
    rows: () => readRows("movies.json"),
    numbers: ["Running Time min", "IMDB Votes", "Production Budget"],
    categories: ["Major Genre", "MPAA Rating"],
    target: "IMDB Rating",
  },
  {
    name: "penguins, species",
    task: "classes",
    rows: penguins,
    numbers: ["Beak Length (mm)", "Beak Depth (mm)", "Flipper Length (mm)", "Body Mass (g)"],
    target: "Species",
  },
  {
    name: "cars, origin",
    task: "classes",
    rows: cars,
    numbers: [
      "Cylinders",
      "Displacement",
      "Horsepower",
      "Weight_in_lbs",
      "Acceleration",
      "year",
      "Miles_per_Gallon",
    ],
    target: "Origin",
  },
  {
    name: "weather, kind of day",
    task: "classes",
    rows: weather,
    numbers: ["precipitation", "temp_max", "temp_min", "wind", "season", "season2"],
    target: "weather",
  },
  {
    name: "countries, region",
    task: "classes",
    rows: () => readRows("gapminder.json"),
    numbers: ["fertility", "life_expect", "pop", "year"],
    target: "cluster",
  },
  {
    name: "moons (made up)",
    task: "classes",
    rows: async () => moons(),
    numbers: ["x", "y"],
    target: "moon",
  },
  {
    name: "spirals (made up)",
    task: "classes",
    rows: async () => spirals(),
    numbers: ["x", "y"],
    target: "arm",
  },
  {
    name: "cars, American or not",
    task: "yes or no",
    rows: cars,
    numbers: ["Cylinders", "Displacement", "Horsepower", "Weight_in_lbs", "Acceleration", "year"],
    target: "isAmerican",
  },
  {
    name: "penguins, female or not",
    task: "yes or no",
    rows: async () => (await penguins()).map((row) => ({ ...row, isFemale: row["Sex"] === "FEMALE" })),
    numbers: ["Beak Length (mm)", "Beak Depth (mm)", "Flipper Length (mm)", "Body Mass (g)"],
    target: "isFemale",
  },
];

/** Six regressions, six classifications and two of yes or no: real tables of vega-datasets, two made up. */
export function loadTables(options: TableOptions): Promise<readonly Table[]> {
  return Promise.all(sources.map((source) => toTable(source, options)));
}

async function toTable(
  { name, task, rows, numbers, categories = [], target }: Source,
  { seed, isScaled }: TableOptions,
): Promise<Table> {
  const used = [...numbers, ...categories, target];
  const complete = (await rows()).filter((row) => used.every((column) => isThere(row[column])));
  const valuesOf = (column: string): string[] =>
    [...new Set(complete.map((row) => String(row[column])))].toSorted();
  const known = categories.map((column) => [column, valuesOf(column)] as const);
  const inputs = complete.map((row) => [
    ...numbers.map((column) => Number(row[column])),
    ...known.flatMap(([column, values]) => values.map((value) => Number(String(row[column]) === value))),
  ]);
  const classes = task === "classes" ? valuesOf(target) : [];
  const targets = complete.map((row) => {
    if (task === "classes") return classes.indexOf(String(row[target]));
    return Number(row[target]);
  });
  const isOfClasses = task === "classes";
  const whole = toDataset({
    inputs,
    targets: isOfClasses
      ? targets
      : (task === "regression" && isScaled ? toUnits(targets) : targets).map((value) => [value]),
  });
  const dataset = isScaled ? standardize(whole).dataset : whole;
  const { train, validation } = splitDataset(dataset, { fraction: 0.25, seed });
  return { name, task, outputs: Math.max(1, classes.length), train, test: validation };
}

/** Mean 0 and deviation 1. */
function toUnits(values: readonly number[]): number[] {
  const mean = meanOf(values);
  const deviation = Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
  return values.map((value) => (value - mean) / deviation);
}

export function meanOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

function isThere(value: unknown): boolean {
  return value !== null && value !== undefined && value !== "";
}

async function readRows(file: string): Promise<readonly Row[]> {
  const folder = join(import.meta.dirname, "../node_modules/vega-datasets/data");
  const text = await readFile(join(folder, file), "utf8");
  if (file.endsWith(".json")) return (JSON.parse(text) as Row[]).map((row) => withSpaces(row));
  const [header = "", ...lines] = text.trim().split(/\r?\n/);
  const columns = header.split(",");
  return lines.map((line) =>
    Object.fromEntries(line.split(",").map((cell, index) => [columns[index] ?? "", cell])),
  );
}

/** Some of the files write "IMDB_Rating", others "IMDB Rating". */
function withSpaces(row: Row): Row {
  return {
    ...row,
    ...Object.fromEntries(Object.entries(row).map(([key, value]) => [key.replaceAll("_", " "), value])),
  };
}

/** Two half circles that reach into one another, with noise. */
function moons(): readonly Row[] {
  const random = createRandom(1, "moons");
  return Array.from({ length: 600 }, (_, index) => {
    const angle = Math.PI * random.uniform();
    const [x, y] =
      index % 2 === 0 ? [Math.cos(angle), Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
    const noise = (): number => 0.3 * (random.uniform() - 0.5);
    return { x: x + noise(), y: y + noise(), moon: String(index % 2) };
  });
}

/** Three arms of one spiral, with noise. */
function spirals(): readonly Row[] {
  const random = createRandom(1, "spirals");
  return Array.from({ length: 900 }, (_, index) => {
    const [arm, radius] = [index % 3, random.uniform()];
    const angle = (2 * Math.PI * arm) / 3 + 4 * radius + 0.3 * (random.uniform() - 0.5);
    return { x: radius * Math.cos(angle), y: radius * Math.sin(angle), arm: String(arm) };
  });
}
