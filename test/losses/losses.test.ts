import * as tf from "@tensorflow/tfjs";
import { huber, losses, meanSquaredError, sigmoidCrossEntropy, softmaxCrossEntropy } from "edgeprop";
import type { KnownLoss, Loss } from "edgeprop";
import { beforeAll, describe, it } from "vitest";
import { relativeError } from "../../scripts/vector-case.ts";
import { lossOf } from "../../src/reference/index.ts";
import { boundLoss, completeLoss, takesIndices } from "../support/model.ts";
import { lossSpecs } from "../support/specs.ts";

const rows = 7;
const columns = 4;
const outputs = Array.from({ length: rows }, (_, i) =>
  Array.from({ length: columns }, (__, j) => 2 * Math.sin(5 * i + 3 * j)),
);
const weights = [0.5, 0, 2, 1, 0.25, 3, 1];
const classWeights = [0.5, 2, 1, 0];

/** Errors on both sides of any delta, and probabilities that sum to one. */
function targetsFor(loss: Loss): number[][] {
  if (takesIndices(loss)) return outputs.map((_, i) => [(i * 3) % columns]);
  const values = outputs.map((row, i) => row.map((__, j) => (1 + Math.cos(7 * i + j + 0.3)) / 2));
  if (completeLoss(loss).name !== "softmaxCrossEntropy") return values;
  return values.map((row) => row.map((value) => value / row.reduce((a, b) => a + b, 0)));
}

/** The losses once more, from tfjs's own operations and in PyTorch's words. */
function lossOnTfjs(
  loss: Loss,
  z: tf.Tensor2D,
  targets: number[][],
  byClass: readonly number[] | null,
): tf.Tensor1D {
  const spec = completeLoss(loss) as KnownLoss;
  switch (spec.name) {
    case "softmaxCrossEntropy": {
      const logs = tf.logSoftmax(z);
      const epsilon = spec.labelSmoothing;
      const w = tf.tensor1d([...(byClass ?? Array.from({ length: columns }, () => 1))]);
      const hard =
        spec.targets === "probabilities"
          ? tf.tensor2d(targets)
          : tf.cast(tf.oneHot(tf.tensor1d(targets.flat(), "int32"), columns), "float32");
      const nll = tf.neg(tf.sum(tf.mul(tf.mul(hard, w), logs), 1));
      const smooth = tf.neg(tf.sum(tf.mul(w, logs), 1));
      return tf.add(tf.mul(nll, 1 - epsilon), tf.mul(smooth, epsilon / columns));
    }
    case "sigmoidCrossEntropy":
      return tf.sum(
        tf.add(
          tf.mul(tf.tensor2d(targets), tf.softplus(tf.neg(z))),
          tf.mul(tf.sub(1, tf.tensor2d(targets)), tf.softplus(z)),
        ),
        1,
      );
    case "meanSquaredError":
      return tf.mean(tf.squaredDifference(z, tf.tensor2d(targets)), 1);
    case "huber": {
      const size = tf.abs(tf.sub(z, tf.tensor2d(targets)));
      // tfjs has no gradient of a comparison, hence no two branches.
      const inner = tf.minimum(size, spec.delta);
      return tf.mean(tf.sub(tf.mul(inner, size), tf.div(tf.square(inner), 2)), 1);
    }
    default:
      return spec satisfies never;
  }
}

const cases = lossSpecs.flatMap((loss) =>
  [false, true].flatMap((isWeighted) =>
    (takesIndices(loss) ? [false, true] : [false]).map((isByClass) => ({ loss, isWeighted, isByClass })),
  ),
);

describe("every loss", () => {
  beforeAll(async () => {
    tf.env().set("IS_TEST", true);
    await tf.setBackend("cpu");
  });

  it.for(cases)(
    "of the reference is tfjs's, its gradient that of tfjs's autodiff: $loss, weighted $isWeighted, by class $isByClass",
    ({ loss, isWeighted, isByClass }, { expect }) => {
      const targets = targetsFor(loss);
      const byClass = isByClass ? classWeights : null;
      const found = lossOf(boundLoss(loss), outputs, {
        targets,
        ...(isWeighted ? { weights } : {}),
        classWeights: byClass ?? undefined,
      });
      const w = outputs.map((_, i) => (isWeighted ? (weights[i] ?? 1) : 1));
      const normalisers = w.map((weight, i) => weight * (byClass?.[targets[i]?.[0] ?? 0] ?? 1));
      const mean = (z: tf.Tensor2D): tf.Scalar =>
        tf.div(
          tf.sum(tf.mul(lossOnTfjs(loss, z, targets, byClass), tf.tensor1d(w))),
          normalisers.reduce((a, b) => a + b, 0),
        );
      const { value, grad } = tf.valueAndGrad(mean)(tf.tensor2d(outputs));
      // tfjs computes in float32.
      expect(Math.abs(Number(value.dataSync()[0]) - found.value)).toBeLessThan(2e-6);
      expect(relativeError(grad.dataSync(), found.gradient.flat())).toBeLessThan(2e-6);
    },
  );
});

describe("the forms of a loss", () => {
  const pairs: readonly [Loss, Loss][] = [
    ["softmaxCrossEntropy", softmaxCrossEntropy()],
    ["sigmoidCrossEntropy", sigmoidCrossEntropy()],
    ["meanSquaredError", meanSquaredError()],
    ["huber", huber({ delta: 1 })],
  ];
  it.for(pairs)("%s is that name with the defaults", ([name, built], { expect }) => {
    expect(completeLoss(name)).toEqual(built);
    expect(completeLoss(JSON.parse(JSON.stringify(built)))).toEqual(built);
  });

  it("are as many as there are names", ({ expect }) => {
    expect(pairs.map(([name]) => name)).toEqual(losses);
  });

  const wrong: readonly [unknown, RegExp][] = [
    [undefined, /^loss is missing; expected an object/],
    [7, /^loss is 7; expected an object/],
    [
      "hinge",
      /^loss is "hinge"; expected one of "softmaxCrossEntropy", "sigmoidCrossEntropy", "meanSquaredError", "huber"$/,
    ],
    [{}, /^loss\.name is missing; expected one of "softmaxCrossEntropy"/],
    [[], /loss is \[\]; expected an object/],
    [{ name: "huber", delta: 0 }, /loss.delta is 0; expected a finite number above 0/],
    [{ name: "huber", detla: 1 }, /loss.detla is not a known field; expected one of "name", "delta"/],
    [{ name: "softmaxCrossEntropy", labelSmoothing: 1 }, /loss.labelSmoothing is 1; expected .* below 1/],
    [{ name: "softmaxCrossEntropy", targets: "dense" }, /loss.targets is "dense"; expected one of "indices"/],
    [{ name: "meanSquaredError", delta: 1 }, /loss.delta is not a known field/],
  ];
  it.for(wrong)("do not include %j", ([loss, message], { expect }) => {
    expect(() => completeLoss(loss as Loss)).toThrow(message);
  });
});
