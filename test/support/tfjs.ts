import * as tf from "@tensorflow/tfjs-core";
import { loadTfjsBackend } from "edgeprop/tfjs";
import type { TfjsBackendName } from "edgeprop/tfjs";
import { afterAll, beforeAll } from "vitest";
import type { VectorCase } from "../../scripts/vector-case.ts";

/** Makes a tfjs backend the current one for the tests of this describe. */
export function useTfjsBackend(name: TfjsBackendName): void {
  let backend: { unload(): void } | null = null;
  beforeAll(async () => {
    // Else the cpu backend recommends another one, at length.
    tf.env().set("IS_TEST", true);
    backend = await loadTfjsBackend(name);
  });
  afterAll(() => backend?.unload());
}

/** The golden cases that the trainer on tfjs refuses. */
export function isBeyondTfjs(vector: VectorCase): boolean {
  const layers = vector.layers as readonly { readonly type: string }[];
  const optimizer = "optimizer" in vector ? vector.optimizer.name : "sgd";
  return (
    layers.some(({ type }) => type !== "dense") ||
    vector.rule.solver === "cg" ||
    ["adamw", "rmsprop", "adagrad"].includes(optimizer)
  );
}

/** A stream of values in [-1, 1) that a test can write down: no oracle depends on it. */
export function waves(count: number, phase = 0): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + phase));
}
