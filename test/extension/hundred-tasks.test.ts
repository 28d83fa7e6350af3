import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs-core";
import { adam, createTrainer, dense, planMemory, proxProp, sequential } from "edgeprop";
import { trainTask } from "edgeprop/client";
import type { CreateTrainer } from "edgeprop/client";
import { createTfjsTrainer } from "edgeprop/tfjs";
import { describe, it } from "vitest";
import { useTfjsBackend } from "../support/tfjs.ts";
import { createExamples } from "./program.ts";

const model = sequential({ input: [5] }, [dense(128, { activation: "relu" }), dense(64), dense(3)]);
const loss = "softmaxCrossEntropy";
const learning = { rule: proxProp({ tau: 1 }), optimizer: adam({ learningRate: 0.01 }), batchSize: 15 };
const dataset = createExamples();
const slicing = { pause: async () => {} };

/** Tasks from round `first` up to `last`, each from the params that the one before it has left. */
async function takeTasks(
  create: CreateTrainer,
  start: Float32Array,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<Float32Array> {
  let params = start;
  for (let round = first; round <= last; round++) {
    const training = { ...learning, localEpochs: 1 };
    const task = { kind: "train", round, model, loss, training, seed: round, timeLeftMs: 1_000 } as const;
    const { delta } = await trainTask(create, task, { params, dataset, slicing });
    params = params.map((value, i) => value + (delta[i] ?? 0));
  }
  return params;
}

const startParams = Float32Array.from({ length: model.numParams }, (_, i) => 0.05 * Math.sin(i));

describe("a client that takes a hundred tasks", () => {
  it("holds no more wasm memory than after the first", async ({ expect }) => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    /** Bytes outside of the JavaScript heap, of which wasm memories are the most. */
    const heldBytes = async (): Promise<number> => {
      for (let pass = 0; pass < 3; pass++) {
        collect();
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
      return process.memoryUsage().external;
    };
    // Whoever keeps a trainer that has been disposed of keeps no memory of it.
    const kept: unknown[] = [];
    const create: CreateTrainer = async (spec, options) => {
      const trainer = await createTrainer(spec, options);
      kept.push(trainer);
      return trainer;
    };
    const params = await takeTasks(create, startParams, { first: 1, last: 1 });
    const before = await heldBytes();
    const last = await takeTasks(create, params, { first: 2, last: 100 });
    const grown = (await heldBytes()) - before;
    expect(last.every(Number.isFinite)).toBe(true);
    const { totalBytes } = planMemory(model, { loss, ...learning });
    // A trainer's options keep the params that it was given. Beyond them, 99 memories that stay would be 99 times the
    // plan; one or two may still be referred to from the stack.
    expect(kept).toHaveLength(100);
    expect(grown).toBeLessThan(99 * startParams.byteLength + 3 * totalBytes);
  });

  describe("on tfjs", () => {
    useTfjsBackend("cpu");

    it("holds as many tensors as after the first", async ({ expect }) => {
      const params = await takeTasks(createTfjsTrainer, startParams, { first: 1, last: 1 });
      const { numTensors, numBytes } = tf.memory();
      const last = await takeTasks(createTfjsTrainer, params, { first: 2, last: 100 });
      expect(last.every(Number.isFinite)).toBe(true);
      expect(tf.memory()).toMatchObject({ numTensors, numBytes });
    });
  });
});
