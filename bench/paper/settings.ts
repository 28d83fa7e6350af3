import {
  adam,
  backprop,
  conv2d,
  dense,
  flatten,
  maxPool2d,
  nesterov,
  proxProp,
  sequential,
} from "../../src/index.ts";
import type { ModelSpec, RuleSpec, TrainerOptions } from "../../src/index.ts";

export const modelNames = ["mlp", "convnet"] as const;
export type ModelName = (typeof modelNames)[number];

export const ruleNames = ["backprop", "cg1", "cg3", "cg5", "cg10", "exact"] as const;
export type RuleName = (typeof ruleNames)[number];

/** One training of the paper, or a variation of one. */
export interface Setting {
  readonly model: ModelName;
  readonly rule: RuleName;
  readonly epochs: number;
  /** Training examples, the first of them. */
  readonly samples: number;
  /** What the MLP's hidden layers are scaled by. */
  readonly width: number;
  readonly seed: number;
  readonly learningRate: number;
  /** ProxProp's tau, reduction "sum" as in the paper; absent for backprop. */
  readonly tau?: number;
}

const batchSize = 500;
/** The paper's split: the training examples that are not for validation. */
export const allSamples = 45_000;
export const defaultSeed = 1;

/** The paper's learning rate for this model and rule (section 5.1 for the MLP, 5.3 for the ConvNet). */
export function paperLearningRate(model: ModelName, rule: RuleName): number {
  switch (model) {
    case "mlp":
      return rule === "backprop" ? 0.05 : 1;
    case "convnet":
      return 1e-3;
    default:
      return model satisfies never;
  }
}

/** The paper's tau_theta (section 5.1). */
export function paperTau(model: ModelName): number {
  switch (model) {
    case "mlp":
      return 0.05;
    case "convnet":
      return 1;
    default:
      return model satisfies never;
  }
}

export function paperModel(name: ModelName, width: number): ModelSpec {
  switch (name) {
    case "mlp": {
      const hidden = [4000, 1000, 4000].map((units) => Math.max(1, Math.round(units * width)));
      return sequential({ input: [3072] }, [
        ...hidden.map((units) => dense(units, { activation: "relu" })),
        dense(10),
      ]);
    }
    case "convnet": {
      const convolution = (filters: number) =>
        conv2d(filters, { kernelSize: 5, padding: 2, activation: "relu" });
      // The authors' code has two poolings; the figure in the paper's section 5.3 has a third one before the dense layer.
      return sequential({ input: [32, 32, 3] }, [
        convolution(16),
        maxPool2d(2),
        convolution(20),
        maxPool2d(2),
        convolution(20),
        flatten(),
        dense(10),
      ]);
    }
    default:
      return name satisfies never;
  }
}

function paperRule(name: RuleName, tau: number): RuleSpec {
  if (name === "backprop") return backprop();
  if (name === "exact") return proxProp({ tau, reduction: "sum" });
  const cgIterations = Number(name.slice("cg".length));
  return proxProp({ tau, reduction: "sum", proxSolver: "cg", cgIterations });
}

/** `deterministic: false`: speed before the same bytes on every machine. */
export function trainerOptions({ model, rule, tau, learningRate, seed }: Setting): TrainerOptions {
  return {
    loss: "softmaxCrossEntropy",
    rule: paperRule(rule, tau ?? paperTau(model)),
    optimizer: model === "mlp" ? nesterov({ learningRate, momentum: 0.95 }) : adam({ learningRate }),
    batchSize,
    seed,
    deterministic: false,
  };
}
