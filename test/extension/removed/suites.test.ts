import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import { packageRoot } from "../../../src/cli/package-root.ts";
import { fieldsOf } from "./fields.ts";
import type { Absence, PartName } from "./fields.ts";
import { parts, without } from "./parts.ts";

const innerFlag = "EDGEPROP_WITHOUT_FIELDS";

const removals = (Object.keys(parts) as PartName[]).flatMap((name) =>
  Object.entries<Absence>(fieldsOf[name]).map(([field, absence]) => ({
    name,
    field,
    absence,
    title: `${name} without ${field}`,
  })),
);
const isUnused = (absence: Absence): boolean => typeof absence === "object" && "unused" in absence;
/** What the compiler lets go: those are for the suites to find. */
const optional = removals.filter(({ absence }) => absence !== "type error" && !isUnused(absence));

/** Each part whole, then without one field. */
const runs = [
  ...(Object.keys(parts) as PartName[]).map((name) => ({
    name,
    field: "",
    isRed: false,
    title: `${name} whole`,
  })),
  ...optional.map(({ absence, ...removal }) => ({ ...removal, isRed: absence === "red suite" })),
];

interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly status: string;
    }[];
  }[];
}

/** This file again, in a process of its own, where tests may fail. */
function runInner(): Report {
  const folder = mkdtempSync(join(tmpdir(), "edgeprop-removed-"));
  try {
    const { VITEST: _, ...env } = process.env;
    const report = join(folder, "report.json");
    const args = [
      join(packageRoot, "node_modules/vitest/vitest.mjs"),
      "run",
      "--project=node",
      "--reporter=json",
      `--outputFile=${report}`,
      "test/extension/removed/suites.test.ts",
    ];
    spawnSync(process.execPath, args, { cwd: packageRoot, env: { ...env, [innerFlag]: "1" } });
    return JSON.parse(readFileSync(report, "utf8")) as Report;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const isInner = process.env[innerFlag] === "1";

describe.for(isInner ? runs : [])("$title", ({ name, field }) => {
  parts[name].suite(without(parts[name].part, field));
});

describe.skipIf(isInner)("the shared suites", () => {
  it("tell which optional fields a part needs", { timeout: 120_000 }, ({ expect }) => {
    const { testResults } = runInner();
    expect(testResults.map(({ message }) => message)).toEqual([""]);
    const results = testResults.flatMap(({ assertionResults }) => assertionResults);
    const found = runs.map(({ title }) => {
      const own = results.filter(({ ancestorTitles }) => ancestorTitles[0] === title);
      expect(own.length, title).toBeGreaterThan(3);
      return { title, isRed: own.some(({ status }) => status === "failed") };
    });
    expect(found).toEqual(runs.map(({ title, isRed }) => ({ title, isRed })));
  });

  it("have tables that are right about which fields are there", ({ expect }) => {
    for (const { name, field, absence, title } of removals)
      expect(Object.hasOwn(parts[name].part, field), title).toBe(!isUnused(absence));
    for (const [name, { part }] of Object.entries(parts))
      expect(Object.keys(fieldsOf[name as PartName])).toEqual(expect.arrayContaining(Object.keys(part)));
  });
});
