import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { kernelSignatures } from "../../scripts/kernel-signatures.ts";
import { packageRoot } from "../../src/cli/package-root.ts";
import { filesUnder, readText } from "../support/pages/files.ts";
import { builds } from "../support/kernels.ts";

/** Each kernel of the generated interface with how many arguments it takes. */
function declaredKernels(): Map<string, number> {
  const members = readText("src/wasm/kernels.ts").matchAll(/^ {2}readonly (\w+): \((.*)\) => \w+;$/gm);
  return new Map([...members].map(([, name = "", params = ""]) => [name, params.split(", ").length]));
}

/** The functions that a build exports, with how many arguments they take. */
function exportedKernels(file: string): Map<string, number> {
  const module = new WebAssembly.Module(readFileSync(join(packageRoot, "src/wasm", file)));
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return new Map(
    Object.entries(exports).flatMap(([name, value]) =>
      typeof value === "function" ? [[name, value.length] as const] : [],
    ),
  );
}

function sorted(kernels: ReadonlyMap<string, number>): (readonly [string, number])[] {
  return [...kernels].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

describe.for(builds)("the signatures and the build %s", (build) => {
  it("name the same kernels, with as many arguments", ({ expect }) => {
    expect(sorted(exportedKernels(`${build}.wasm`))).toEqual(sorted(declaredKernels()));
  });

  it("agree on every kernel of the dense-only build", ({ expect }) => {
    const declared = declaredKernels();
    const exported = sorted(exportedKernels(`dense-${build}.wasm`));
    expect(exported.length).toBeGreaterThan(0);
    expect(exported).toEqual(exported.map(([name]) => [name, declared.get(name)]));
  });
});

describe("the kernels that a device carries", () => {
  const sources = filesUnder("src", ".ts")
    .filter((path) => !/^src\/(kernels|wasm)\//.test(path))
    .map(readText);

  /** As `kernels.gemm`, `{ gemm } = kernels`, the name as a string, or the end of it in a template. */
  function isUsed(kernel: string): boolean {
    const direct = new RegExp(
      `[kK]ernels\\s*\\.${kernel}\\b|"${kernel}"|\\{[^{}]*\\b${kernel}\\b[^{}]*\\} = [\\w.]*kernels\\b`,
    );
    const isBuilt = (text: string): boolean =>
      [...text.matchAll(/`\$\{\w+\}([A-Z]\w+)`/g)].some(([, ending = ""]) => kernel.endsWith(ending));
    return sources.some((text) => direct.test(text) || isBuilt(text));
  }

  it("are called by src: none is there for tests alone", ({ expect }) => {
    expect([...declaredKernels().keys()].filter((kernel) => !isUsed(kernel))).toEqual([]);
    expect(isUsed("noSuchKernel")).toBe(false);
  });
});

describe("kernelSignatures", () => {
  function bindingsOf(type: string): string {
    return `declare namespace __AdaptedExports {
  /** Exported memory */
  export const memory: WebAssembly.Memory;
  /**
   * src/kernels/values/twice/twice
   * @param count \`i32\`
   * @param out \`usize\`
   * @returns \`${type}\`
   */
  export function twice(count: number, out: number): number;
}`;
  }

  it("carries the comment over and translates the types", ({ expect }) => {
    const source =
      "/** Not this. */\nconst x = 1;\n\n/**\n * out = 2 out\n */\nexport function twice(count: i32";
    const text = kernelSignatures(bindingsOf("i64"), (file) => {
      expect(file).toBe("src/kernels/values/twice.ts");
      return source;
    });
    expect(text).toContain(
      "  /**\n   * out = 2 out\n   */\n  readonly twice: (count: number, out: Address) => bigint;\n",
    );
    expect(text).not.toContain("Not this");
  });

  it("refuses a kernel without a comment, and a type that would need an adapter", ({ expect }) => {
    const source = "export function twice(count: i32";
    expect(() => kernelSignatures(bindingsOf("i32"), () => `/** Of x. */\nconst x = 1;\n${source}`)).toThrow(
      "src/kernels/values/twice.ts: twice has no comment",
    );
    expect(() => kernelSignatures(bindingsOf("bool"), () => `/** out = 2 out */\n${source}`)).toThrow(
      "twice has a value of type bool",
    );
  });
});
