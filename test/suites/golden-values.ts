import { describe, it } from "vitest";
import { runVectorCase } from "../../scripts/vector-case.ts";
import type { CreateTrainer, VectorCase } from "../../scripts/vector-case.ts";

declare global {
  interface ImportMeta {
    /** Vite's: the files of a pattern, imported. */
    glob<T>(
      pattern: string,
      options: { readonly eager: true; readonly import: "default" },
    ): Record<string, T>;
  }
}

/** The golden values of test/vectors, computed in float64 by programs that share no line with this project. */
const cases = Object.values(
  import.meta.glob<VectorCase>("../vectors/*.json", { eager: true, import: "default" }),
);

export interface GoldenOptions {
  /** The cases that the trainer is to refuse as unsupported; default none. */
  readonly isUnsupported?: (vector: VectorCase) => boolean;
}

export function describeGoldenValues(
  createTrainer: CreateTrainer,
  { isUnsupported = () => false }: GoldenOptions = {},
): void {
  describe("golden values", () => {
    it.for(cases)("$name", async (vector, { expect }) => {
      const status = isUnsupported(vector) ? "unsupported" : "passed";
      expect(await runVectorCase(createTrainer, vector)).toMatchObject({ status });
    });

    it("are all there", ({ expect }) => {
      expect(cases.length).toBeGreaterThan(20);
    });
  });
}
