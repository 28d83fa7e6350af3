import {
  adagrad,
  adam,
  adamw,
  createTrainer,
  createTrainerWith,
  dense,
  loadKernels,
  nesterov,
  planMemory,
  proxProp,
  rmsprop,
  sequential,
  sgd,
} from "edgeprop";
import type { MemoryPlan } from "edgeprop/runtime";
import { instantiateKernels } from "edgeprop/runtime";
import { describe, it } from "vitest";
import { defaults, describeRefusals, model } from "../../suites/refusals.ts";

describeRefusals(createTrainer);

describe("the builders", () => {
  const wrong: readonly [string, () => unknown, RegExp][] = [
    ["tau", () => proxProp({ tau: 0 }), /tau is 0; expected a finite number above 0/],
    ["learningRate", () => sgd({ learningRate: Number.NaN }), /learningRate is NaN/],
    [
      "momentum",
      () => nesterov({ learningRate: 1, momentum: 1 }),
      /momentum is 1; expected a finite number of at least 0 and below 1/,
    ],
    ["beta2", () => adam({ beta2: 1 }), /beta2 is 1/],
    ["beta1", () => adamw({ beta1: -1 }), /beta1 is -1/],
    ["decay", () => rmsprop({ decay: 1 }), /decay is 1; expected a finite number of at least 0 and below 1/],
    ["epsilon", () => adagrad({ epsilon: 0 }), /epsilon is 0/],
    [
      "cgIterations",
      () => proxProp({ tau: 1, proxSolver: "cg", cgIterations: 0 }),
      /cgIterations is 0; expected a positive integer/,
    ],
    ["missing cgIterations", () => proxProp({ tau: 1, proxSolver: "cg" }), /cgIterations is missing/],
    ["surplus cgIterations", () => proxProp({ tau: 1, cgIterations: 3 }), /cgIterations is 3 beside/],
    ["weightDecay", () => sgd({ learningRate: 1, weightDecay: -1 }), /weightDecay is -1/],
  ];
  it.for(wrong)("refuse a wrong %s", ([, build, message], { expect }) => {
    expect(build).toThrow(message);
  });
});

describe("the memory plan", () => {
  const wide = sequential({ input: [784] }, [dense(256, { activation: "relu" }), dense(10)]);

  it("holds every buffer once, aligned, without overlap", ({ expect }) => {
    const plan = planMemory(wide, { ...defaults, optimizer: adam(), batchSize: 32 });
    let end = 0;
    for (const { bytes, offset } of plan.buffers) {
      expect(offset % 16).toBe(0);
      expect(offset).toBeGreaterThanOrEqual(end);
      end = offset + bytes;
    }
    expect(plan.totalBytes).toBeGreaterThanOrEqual(end);
    const params = 4 * (784 * 256 + 256 + 2570);
    const asLargeAsParams = ({ buffers }: MemoryPlan) =>
      buffers.filter(({ bytes }) => bytes === params).map(({ name }) => name);
    const state = ["optimizer.moment1", "optimizer.moment2"];
    expect(asLargeAsParams(plan)).toEqual(["params", ...state]);
    // The norm of the whole direction comes before any of it is applied.
    const clipped = planMemory(wide, { ...defaults, optimizer: adam(), batchSize: 32, clipNorm: 1 });
    expect(asLargeAsParams(clipped)).toEqual(["params", "direction", ...state]);
  });

  it("that exceeds its budget says by what, where, and which batchSize would fit", ({ expect }) => {
    const plan = () => planMemory(wide, { ...defaults, batchSize: 4096, budgetBytes: 8e6 });
    expect(plan).toThrow(
      /batchSize 4096 needs \d+ bytes of at most 8000000, \d+ of them for \w+; a batchSize of \d+ would fit/,
    );
    expect(() => planMemory(wide, { ...defaults, budgetBytes: 8e5 })).toThrow(/no batchSize would fit/);
  });

  it("leaves room: MLP 64-32-10 at batch 8 trains within 4 pages of wasm memory", ({ expect }) => {
    const digits = sequential({ input: [64] }, [dense(32, { activation: "relu" }), dense(10)]);
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { heapBase } = instantiateKernels(loadKernels(), memory);
    const { totalBytes } = planMemory(digits, { ...defaults, batchSize: 8 });
    expect(heapBase + 16 + totalBytes).toBeLessThanOrEqual(4 * 65_536);
  });
});

describe("kernels that cannot be loaded", () => {
  it("are an error with its cause", async ({ expect }) => {
    const cause = new TypeError("no network");
    await expect(createTrainerWith(() => Promise.reject(cause), model, defaults)).rejects.toMatchObject({
      code: "kernels-unavailable",
      cause,
    });
  });

  it("are not mistaken for another module", async ({ expect }) => {
    const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    await expect(createTrainerWith(() => empty, model, defaults)).rejects.toMatchObject({
      code: "kernels-unavailable",
    });
    expect(loadKernels()).toBeInstanceOf(WebAssembly.Module);
  });
});
