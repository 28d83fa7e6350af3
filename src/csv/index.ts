/** CSV files as datasets. An entry of its own, so that a program that reads no CSV does not load the parser. */
export { parseCsv } from "./parse-csv.ts";
export type { CsvColumn, CsvExamples, CsvOptions } from "./parse-csv.ts";
