import * as tf from "@tensorflow/tfjs-core";
import { createTfjsTrainer } from "edgeprop/tfjs";
import { afterAll, beforeAll, describe } from "vitest";
import { describeAgainstReference } from "../suites/against-reference.ts";
import { describeGoldenValues } from "../suites/golden-values.ts";
import { describeLargeSystems } from "../suites/large-systems.ts";
import { describeProxStep } from "../suites/prox-step.ts";
import { describeRefusals } from "../suites/refusals.ts";
import { describeTensors } from "../suites/tensors.ts";
import { describeTraining } from "../suites/training.ts";
import { isBeyondTfjs, useTfjsBackend } from "../support/tfjs.ts";

/** All that the trainer on wasm kernels passes, of what is not beyond tfjs. */
describe("the trainer on WebGPU", () => {
  useTfjsBackend("webgpu");
  describeGoldenValues(createTfjsTrainer, { isUnsupported: isBeyondTfjs });
  describeLargeSystems(createTfjsTrainer);
  describeTensors();
});

describe("the trainer on WebGPU, small products by the program for large ones", () => {
  useTfjsBackend("webgpu");
  // A software adapter takes 15 ms for a small product by the program that tfjs chooses, 0.4 ms by this one.
  beforeAll(() => tf.env().set("WEBGPU_MATMUL_PROGRAM_TYPE", 3));
  afterAll(() => tf.env().set("WEBGPU_MATMUL_PROGRAM_TYPE", -1));
  describeTraining(createTfjsTrainer);
  describeRefusals(createTfjsTrainer);
  describeProxStep(createTfjsTrainer, { numRuns: 10 });
  describeAgainstReference(createTfjsTrainer, { numRuns: 30 });
});
