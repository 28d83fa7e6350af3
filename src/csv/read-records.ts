import { CsvError, parse } from "csv-parse/browser/esm/sync";
import { EdgepropError } from "../errors.ts";

export interface CsvRecord {
  /** The line where the record begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

export interface CsvTable {
  readonly names: readonly string[];
  readonly records: readonly CsvRecord[];
}

/** The names of the columns, "0", "1", ... without a header, and the records below. Throws `bad-file`. */
export function readRecords(
  text: string,
  { delimiter, hasHeader }: { readonly delimiter: string; readonly hasHeader: boolean },
): CsvTable {
  const records = parseText(text, delimiter).map(({ record, info }) => {
    // The parser knows where a record ends, since a quoted field may span lines.
    const breaks = record.join("").split(/\r\n|\n|\r/).length - 1;
    return { line: info.lines - breaks, fields: record };
  });
  const [first] = records;
  const names = hasHeader ? first?.fields : first?.fields.map((_, index) => String(index));
  const below = hasHeader ? records.slice(1) : records;
  if (names === undefined || below.length === 0) {
    throw new EdgepropError(
      "bad-file",
      `the CSV text has no examples${hasHeader && names !== undefined ? " below its header" : ""}`,
    );
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new EdgepropError("bad-file", `line 1: two columns are named "${twice}"`);
  return { names, records: below };
}

interface ParsedRecord {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

function parseText(text: string, delimiter: string): ParsedRecord[] {
  try {
    const records: unknown = parse(text, {
      delimiter,
      bom: true,
      info: true,
      trim: true,
      skip_empty_lines: true,
      record_delimiter: ["\r\n", "\n", "\r"],
    });
    // The parser's types do not know what the option `info` adds.
    return records as ParsedRecord[];
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new EdgepropError("bad-file", `the CSV text cannot be read: ${cause.message}`, { cause });
  }
}
