import { createRandom, dense, sequential, toDataset } from "edgeprop";
import type { Dataset, ModelSpec, TrainerOptions } from "edgeprop";
import type { RobustScoresSpec } from "./parts/loss.ts";
import type { AdamaxSpec } from "./parts/optimizer.ts";
import type { FoofSpec } from "./parts/rule.ts";
import { sets } from "./sets.ts";

/** What a program of a user's own trains: everything in it that can be theirs is. */
export const model = sequential({ input: [5], sets }, [
  dense(6, { activation: "squareplus" }),
  { type: "softClip" },
  dense(4, { activation: "squareplus" }),
  dense(3),
]);

/** As it comes over HTTP or from a file. */
export const json = JSON.parse(JSON.stringify(model)) as ModelSpec;

const loss: RobustScoresSpec = { name: "robustScores", delta: 2 };
const rule: FoofSpec = { name: "foof", decay: 0.8, damping: 0.3 };
const optimizer: AdamaxSpec = {
  name: "adamax",
  learningRate: 0.05,
  beta1: 0.8,
  beta2: 0.99,
  epsilon: 1e-6,
};

export const options = {
  loss,
  rule,
  optimizer,
  batchSize: 8,
  seed: 5,
} satisfies TrainerOptions;

/** 45 examples of three classes, of which the first input tells most; in batches of 8, the last has 5. */
export function createExamples(seed = "examples", numExamples = 45): Dataset {
  const random = createRandom(seed, "extension");
  const targets = Int32Array.from({ length: numExamples }, () => random.below(3));
  return toDataset({
    inputs: Float32Array.from(
      { length: 5 * numExamples },
      (_, i) => 2 * random.uniform() - 1 + (i % 5 === 0 ? 2 * (targets[i / 5] ?? 0) - 2 : 0),
    ),
    targets,
    inputSize: 5,
  });
}
