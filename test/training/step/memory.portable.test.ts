import {
  adam,
  avgPool2d,
  conv2d,
  createTrainer,
  createTrainerWith,
  dense,
  flatten,
  planMemory,
  proxProp,
  restoreTrainer,
  sequential,
} from "edgeprop";
import type { MemoryPlanOptions, ModelSpec, RuleSpec } from "edgeprop";
import { describe, it } from "vitest";
import { defaults, model } from "../../suites/training.ts";

const mlp = sequential({ input: [30] }, [dense(20, { activation: "relu" }), dense(5)]);
const convolution = sequential({ input: [9, 9, 1] }, [
  conv2d(4, { kernelSize: 3, activation: "relu" }),
  avgPool2d(),
  flatten(),
  dense(3),
]);
const rules: readonly [string, RuleSpec][] = [
  ["exact", proxProp({ tau: 1, lastLayer: "prox" })],
  ["1 iteration", proxProp({ tau: 1, proxSolver: "cg", cgIterations: 1 })],
  ["5 iterations", proxProp({ tau: 1, proxSolver: "cg", cgIterations: 5 })],
];

function bytesFor(spec: ModelSpec, options: MemoryPlanOptions, batchSize: number): number {
  return planMemory(spec, { ...options, batchSize }).totalBytes;
}

describe("trainer.memory", () => {
  it("tells what is planned and what is used", async ({ expect }) => {
    const trainer = await createTrainer(model, { ...defaults, optimizer: adam() });
    const { plan, plannedBytes, usedBytes, staticBytes } = trainer.memory;
    expect(plan).toEqual(planMemory(model, { ...defaults, optimizer: adam() }));
    expect(plannedBytes).toBe(plan.totalBytes);
    expect(usedBytes % 65_536).toBe(0);
    expect(usedBytes).toBeGreaterThanOrEqual(staticBytes + plannedBytes);
    expect(usedBytes).toBeLessThan(staticBytes + plannedBytes + 2 * 65_536);
  });
});

describe("a budgetBytes", () => {
  it.for(
    rules.flatMap(([name, rule]) =>
      (
        [
          ["mlp", mlp],
          ["convolution", convolution],
        ] as const
      ).map(([kind, spec]) => ({ name, rule, kind, spec }) as const),
    ),
  )("names the largest batchSize that fits: $kind, $name", ({ rule, spec }, { expect }) => {
    const options = { ...defaults, rule, batchSize: 80 };
    const sizes = Array.from({ length: 80 }, (_, index) => bytesFor(spec, options, index + 1));
    for (const budgetBytes of sizes.slice(0, -1).map((bytes) => bytes + 8)) {
      if (budgetBytes >= (sizes.at(-1) ?? 0)) continue;
      const largest = sizes.findLastIndex((bytes) => bytes <= budgetBytes) + 1;
      expect(() => planMemory(spec, { ...options, budgetBytes })).toThrow(
        expect.objectContaining({
          code: "out-of-memory",
          message: expect.stringMatching(`a batchSize of ${largest} would fit`),
        }),
      );
    }
  });

  it("fails before anything is loaded or allocated", async ({ expect }) => {
    let loads = 0;
    const { Memory } = WebAssembly;
    const allocated: unknown[] = [];
    WebAssembly.Memory = class extends Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        super(descriptor);
        allocated.push(descriptor);
      }
    };
    try {
      const loading = (): never => {
        loads += 1;
        throw new Error("not to be reached");
      };
      await expect(
        createTrainerWith(loading, mlp, { ...defaults, batchSize: 4096, budgetBytes: 40_000 }),
      ).rejects.toMatchObject({
        code: "out-of-memory",
        message: expect.stringMatching(/batchSize 4096 needs \d+ bytes of at most 40000, .* would fit/),
      });
      expect([loads, allocated]).toEqual([0, []]);
      const trainer = await createTrainer(mlp, { ...defaults, batchSize: 4, budgetBytes: 40_000 });
      expect(allocated).toHaveLength(1);
      expect(trainer.memory.plannedBytes).toBeLessThanOrEqual(40_000);
    } finally {
      WebAssembly.Memory = Memory;
    }
  });

  it("is of the machine, not of the checkpoint", async ({ expect }) => {
    const trainer = await createTrainer(model, { ...defaults, budgetBytes: 1e6 });
    const checkpoint = await trainer.checkpoint();
    await expect(restoreTrainer(checkpoint, { budgetBytes: 1000 })).rejects.toMatchObject({
      code: "out-of-memory",
    });
    await expect(restoreTrainer(checkpoint)).resolves.toHaveProperty("numParams", trainer.numParams);
  });

  it("of 0 is refused", async ({ expect }) => {
    await expect(createTrainer(model, { ...defaults, budgetBytes: 0 })).rejects.toMatchObject({
      code: "bad-option",
    });
  });
});
