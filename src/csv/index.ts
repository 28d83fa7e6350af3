/** CSV files as datasets: apart from the rest, so that who reads none does not load the parser. */
export { parseCsv } from "./parse-csv.ts";
export type { CsvColumn, CsvExamples, CsvOptions } from "./parse-csv.ts";
