import {
  adam,
  backprop,
  conv2d,
  createTrainer,
  dense,
  flatten,
  maxPool2d,
  proxProp,
  sequential,
  sgd,
} from "edgeprop";
import type { AgainstCase, AgainstLayer, KernelsName, RuleName } from "../../against/cases.ts";

/** A case's trainer by the builders of the public API, which both sides have; the same seed for all. */
export function buildTrainer(
  { input, layers, batchSize, rule, optimizer }: AgainstCase,
  kernels: KernelsName,
): ReturnType<typeof createTrainer> {
  return createTrainer(sequential({ input }, layers.map(toLayer)), {
    loss: "softmaxCrossEntropy",
    rule: toRule(rule),
    optimizer: optimizer === "sgd" ? sgd({ learningRate: 0.05 }) : adam({ learningRate: 0.001 }),
    batchSize,
    seed: 1,
    deterministic: kernels === "simd",
  });
}

function toLayer(layer: AgainstLayer) {
  switch (layer.type) {
    case "dense":
      return dense(layer.units, { activation: layer.activation });
    case "conv2d":
      return conv2d(layer.filters, { kernelSize: layer.kernelSize, activation: "relu" });
    case "maxPool2d":
      return maxPool2d(layer.size);
    case "flatten":
      return flatten();
    default:
      return layer satisfies never;
  }
}

function toRule(rule: RuleName) {
  switch (rule) {
    case "backprop":
      return backprop();
    case "exact":
      return proxProp({ tau: 1 });
    case "cg3":
      return proxProp({ tau: 1, proxSolver: "cg", cgIterations: 3 });
    default:
      return rule satisfies never;
  }
}
