import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "vitest";
import { packageRoot } from "../../src/cli/package-root.ts";

const read = (file: string) => readFileSync(join(packageRoot, file), "utf8");
const pages = ["README.md", ...globSync("docs/**/*.md", { cwd: packageRoot }).toSorted()];

/** What a page links to within the repository, from the package's root. */
function linksOf(page: string): string[] {
  return [...read(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => join(dirname(page), target));
}

describe("the pages", () => {
  it.for(pages)("%s links to what is there", (page, { expect }) => {
    expect(linksOf(page).filter((target) => !existsSync(join(packageRoot, target)))).toEqual([]);
  });

  it.for(["README.md", "docs/README.md"])("%s leads to every page", (index, { expect }) => {
    const own = pages.filter((page) => !page.endsWith("README.md") && !page.startsWith("docs/decisions/"));
    expect(linksOf(index)).toEqual(expect.arrayContaining([...own, "docs/decisions"]));
  });

  it("begin with a README of less than 150 lines", ({ expect }) => {
    expect(read("README.md").trimEnd().split("\n").length).toBeLessThan(150);
  });
});
