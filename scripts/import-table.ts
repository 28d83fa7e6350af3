/** The table "Who may import whom" of CONTRIBUTING.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./files.ts";

export interface Row {
  /** A folder of src, a file of src without its ending ("errors", "node"), or "workers". */
  readonly name: string;
  /** The other rows it may import. */
  readonly values: readonly string[];
  /** It may import all of them, each through its index.ts. */
  readonly isForEverything: boolean;
  /** The rows of which it may import types alone. */
  readonly types: readonly string[];
  /** Names of packages; one that ends with * stands for all that begin so. */
  readonly packages: readonly string[];
}

/** Reads the table. Throws where a row does not have the form `name -> a, b, types of c and d, the package x`. */
export function parseImportTable(markdown: string): Row[] {
  const table = /^## Who may import whom\n.*?^```\n(.*?)^```$/ms.exec(markdown)?.[1];
  if (table === undefined) throw new Error("there is no fenced table under the heading Who may import whom");
  const rows = table.trimEnd().split("\n").flatMap(parseRow);
  const names = rows.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`the table has more than one row for ${twice}`);
  for (const { name, values, types } of rows) {
    const unknown = [...values, ...types].find((each) => !names.includes(each));
    if (unknown !== undefined)
      throw new Error(`the row of ${name} names ${unknown}, which has no row; rows are ${names.join(", ")}`);
  }
  return rows;
}

function parseRow(line: string): Row[] {
  const [, names, allowed] = /^(\w[\w, ]*?) +-> (.+)$/.exec(line) ?? [];
  if (names === undefined || allowed === undefined)
    throw new Error(`the table's line is "${line}"; expected "name -> what it may import"`);
  return names.split(", ").map((name) => ({ name, ...parseAllowed(allowed, line) }));
}

function parseAllowed(allowed: string, line: string): Omit<Row, "name"> {
  const lists = { values: [] as string[], types: [] as string[], packages: [] as string[] };
  const isForEverything = allowed === "everything, through each folder's index.ts";
  if (isForEverything || allowed === "nothing") return { ...lists, isForEverything };
  let list: keyof typeof lists = "values";
  for (const part of allowed.split(/, | and /)) {
    const [, lead, name = ""] = /^(types of |the packages? )?(\S+)$/.exec(part) ?? [];
    if (name === "") throw new Error(`the table's line "${line}" has "${part}" where a name should be`);
    if (lead !== undefined) list = lead === "types of " ? "types" : "packages";
    lists[list].push(name);
  }
  return { ...lists, isForEverything };
}

export interface Arrow {
  /** Names of rows. */
  readonly from: string;
  readonly to: string;
  /** By `import type` or `export type`. */
  readonly isType: boolean;
}

/** Whether the table lets one row import another. Throws where `from` has no row. */
export function mayImport(rows: readonly Row[], { from, to, isType }: Arrow): boolean {
  const row = rows.find(({ name }) => name === from);
  if (row === undefined)
    throw new Error(`the table Who may import whom of CONTRIBUTING.md has no row for ${from}`);
  if (from === to || row.isForEverything) return true;
  return row.values.includes(to) || (isType && row.types.includes(to));
}

export function readImportTable(): Row[] {
  return parseImportTable(readFileSync(join(root, "CONTRIBUTING.md"), "utf8"));
}
