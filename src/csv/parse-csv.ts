import { toDataset } from "../data/index.ts";
import type { Dataset } from "../data/index.ts";
import { EdgepropError } from "../errors.ts";
import { readRecords } from "./read-records.ts";
import type { CsvRecord, CsvTable } from "./read-records.ts";

/** A column by its name, or by its index from 0. */
export type CsvColumn = string | number;

export interface CsvOptions {
  /** The column to learn: numbers (values or class indices) where its first value is one, else names of classes. */
  readonly target: CsvColumn;
  /** Whether the first line names the columns. Default true. */
  readonly hasHeader?: boolean;
  /** Default ",". */
  readonly delimiter?: string;
  /** Names of the classes, in the order of their indices. Default: the names found, sorted. */
  readonly classes?: readonly string[];
  /**
   * Columns whose distinct values become one input each, 1 where the example has that value. Or such columns with
   * their values, as an earlier call returned them, so that validation data gets the same inputs.
   */
  readonly oneHot?: readonly CsvColumn[] | Readonly<Record<string, readonly string[]>>;
  /** Columns to leave out. */
  readonly exclude?: readonly CsvColumn[];
}

export interface CsvExamples {
  readonly dataset: Dataset;
  /** Names of the input values; those of a one-hot column are "<column>=<value>". */
  readonly columns: readonly string[];
  /** Names of the classes by index; null for targets that are numbers. */
  readonly classes: readonly string[] | null;
  /** The values of each one-hot column, sorted. */
  readonly oneHot: Readonly<Record<string, readonly string[]>>;
}

/**
 * Reads a CSV text, which may be untrusted, into a dataset. Throws `bad-file` or `bad-label` with line and column, or
 * `bad-option` for a column that is not there.
 *
 * @example
 * ```ts
 * const text = "length,colour,kind\n5.1,red,setosa\n6.2,blue,virginica\n";
 * const { dataset, columns, classes } = parseCsv(text, { target: "kind", oneHot: ["colour"] });
 * console.log(dataset.numExamples); // 2
 * console.log(columns); // [ 'length', 'colour=blue', 'colour=red' ]
 * console.log(classes); // [ 'setosa', 'virginica' ]
 * ```
 */
export function parseCsv(text: string, options: CsvOptions): CsvExamples {
  const { hasHeader = true, delimiter = "," } = options;
  const table = readRecords(text, { hasHeader, delimiter });
  const { names, records } = table;
  const target = toIndex(table, "target", options.target);
  const excluded = (options.exclude ?? []).map((column) => toIndex(table, "exclude", column));
  const categories = toCategories(table, options.oneHot ?? []);

  const inputs = names.flatMap((name, index) => {
    if (index === target || excluded.includes(index)) return [];
    return [{ name, index, values: categories.get(index) }];
  });
  if (inputs.length === 0) {
    throw new EdgepropError("bad-option", "no column is left for the inputs; exclude fewer");
  }
  const { targets, classes } = readTargets(table, target, options.classes);
  return {
    dataset: toDataset({
      inputs: records.map((record) =>
        inputs.flatMap(({ name, index, values }) => {
          if (values === undefined) return [toNumber(record, name, index)];
          const found = toPlace(record, name, { index, values });
          return values.map((_, place) => Number(place === found));
        }),
      ),
      targets,
    }),
    columns: inputs.flatMap(({ name, values }) => values?.map((value) => `${name}=${value}`) ?? [name]),
    classes,
    oneHot: Object.fromEntries([...categories].map(([index, values]) => [names[index] ?? "", values])),
  };
}

function toIndex({ names }: CsvTable, option: string, column: CsvColumn): number {
  const index = typeof column === "number" ? column : names.indexOf(column);
  if (names[index] !== undefined) return index;
  throw new EdgepropError(
    "bad-option",
    `${option} is ${JSON.stringify(column)}; the columns are ${names.join(", ")}`,
  );
}

function toCategories(
  table: CsvTable,
  oneHot: NonNullable<CsvOptions["oneHot"]>,
): Map<number, readonly string[]> {
  if (!isList(oneHot)) {
    return new Map(
      Object.entries(oneHot).map(([column, values]) => [toIndex(table, "oneHot", column), values]),
    );
  }
  return new Map(
    oneHot.map((column) => {
      const index = toIndex(table, "oneHot", column);
      return [index, sortedValues(table, index)];
    }),
  );
}

/** Array.isArray does not tell a readonly list from a record. */
function isList(oneHot: NonNullable<CsvOptions["oneHot"]>): oneHot is readonly CsvColumn[] {
  return Array.isArray(oneHot);
}

function sortedValues({ records }: CsvTable, index: number): string[] {
  return [...new Set(records.map(({ fields }) => fields[index] ?? ""))].toSorted();
}

function readTargets(
  table: CsvTable,
  index: number,
  given: readonly string[] | undefined,
): { readonly targets: readonly number[]; readonly classes: readonly string[] | null } {
  const { names, records } = table;
  const name = names[index] ?? "";
  const isNumber = given === undefined && toFinite(records[0]?.fields[index] ?? "") !== null;
  if (isNumber) return { targets: records.map((record) => toNumber(record, name, index)), classes: null };
  const empty = records.find(({ fields }) => fields[index] === "");
  if (empty !== undefined) throw wrongField(empty, name, { index, expected: "the name of a class" });
  const values = given ?? sortedValues(table, index);
  return { targets: records.map((record) => toPlace(record, name, { index, values })), classes: values };
}

function toNumber(record: CsvRecord, name: string, index: number): number {
  const number = toFinite(record.fields[index] ?? "");
  if (number === null) throw wrongField(record, name, { index, expected: "a finite number" });
  return number;
}

function toFinite(field: string): number | null {
  const number = Number(field);
  return field === "" || !Number.isFinite(number) ? null : number;
}

function toPlace(
  record: CsvRecord,
  name: string,
  { index, values }: { readonly index: number; readonly values: readonly string[] },
): number {
  const place = values.indexOf(record.fields[index] ?? "");
  if (place >= 0) return place;
  const expected = `one of ${values.map((value) => JSON.stringify(value)).join(", ")}`;
  throw wrongField(record, name, { index, expected, code: "bad-label" });
}

function wrongField(
  { line, fields }: CsvRecord,
  name: string,
  {
    index,
    expected,
    code = "bad-file",
  }: { readonly index: number; readonly expected: string; readonly code?: "bad-file" | "bad-label" },
): EdgepropError {
  const field = fields[index] ?? "";
  const found = field === "" ? "is empty" : `is ${JSON.stringify(field)}`;
  return new EdgepropError(code, `line ${line}, column "${name}" ${found}; expected ${expected}`);
}
