import {
  allSets,
  avgPool2d,
  batchNorm,
  conv2d,
  createTrainer,
  dense,
  depthwiseConv2d,
  dropout,
  embedding,
  flatten,
  globalAvgPool1d,
  globalAvgPool2d,
  layerNorm,
  maxPool2d,
  sequential,
  sgd,
} from "edgeprop";
import { customLayer } from "edgeprop/core";
import type { LayerSpec, Model, ModelSpec, RuleSpec, Sets, TrainerOptions } from "edgeprop";
import fc from "fast-check";
import { referenceDirection } from "../../src/reference/index.ts";
import { largestDifference } from "./kernels.ts";
import { problemFor, toRows } from "./problems.ts";
import type { Problem } from "./problems.ts";
import { smoothActivations } from "./specs.ts";

/** a = x sigmoid(beta x) for each of the layer's values, with one beta for all: a layer of a user's own. */
export const swish = customLayer({
  type: "swish",
  isPerExample: true,
  parse(fields) {
    fields.allowOnly(["type"]);
    return swishLayer();
  },
  form: (_, { inputShape }) => ({
    outputShape: inputShape,
    params: [{ name: "beta", shape: [1], initial: { kind: "ones" }, isTrained: true }],
  }),
  forward({ inputs, outputs, params: { beta = new Float32Array() } }) {
    for (const [i, x] of inputs.entries()) outputs[i] = x / (1 + Math.exp(-(beta[0] ?? 0) * x));
  },
  backward({ inputs, params: { beta = new Float32Array() }, outputGradient, inputGradient, direction }) {
    const b = beta[0] ?? 0;
    const betaDirection = direction["beta"] ?? new Float32Array();
    for (const [i, x] of inputs.entries()) {
      const s = 1 / (1 + Math.exp(-b * x));
      const g = outputGradient[i] ?? 0;
      if (inputGradient !== null) inputGradient[i] = g * (s + b * x * s * (1 - s));
      betaDirection[0] = (betaDirection[0] ?? 0) + g * x * x * s * (1 - s);
    }
  },
});

export function swishLayer(): LayerSpec {
  return { type: "swish" };
}

/** Edgeprop's layers and the user's. */
export const ownSets = { ...allSets, layers: { ...allSets.layers, swish } } satisfies Sets;

const activation = fc.constantFrom(...smoothActivations);
/** Those that keep the shape. */
const plain: fc.Arbitrary<LayerSpec> = fc.oneof(
  fc.constant(batchNorm({ epsilon: 0.1 })),
  // A variance near 0 would make the slope steep: what float32 rounds away then shows.
  fc.constant(layerNorm({ epsilon: 0.1 })),
  fc.constantFrom(0, 0.25, 0.5).map(dropout),
  fc.constant(swishLayer()),
);
const somePlain = fc.array(plain, { maxLength: 2 });

const images: fc.Arbitrary<LayerSpec[]> = fc
  .record({
    first: fc.record({
      kernelSize: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 2 }),
      padding: fc.constantFrom("same" as const, 1, 2),
      activation,
    }),
    filters: fc.integer({ min: 1, max: 6 }),
    before: somePlain,
    between: somePlain,
    // On the inputs alone: further on a padded image has equal values, and rounding would choose among them.
    maxima: fc.constantFrom<LayerSpec[]>([maxPool2d(2)], []),
    pool: fc.constantFrom<LayerSpec[]>([avgPool2d(2)], []),
    end: fc.constantFrom<LayerSpec>(flatten(), globalAvgPool2d()),
  })
  .map(({ first, filters, before, between, maxima, pool, end }) => [
    ...maxima,
    ...before,
    depthwiseConv2d(first),
    ...between,
    conv2d(filters, { kernelSize: 2, padding: 1, activation: first.activation }),
    ...pool,
    end,
  ]);

/** Layers of all kinds, in front of a head of two dense ones. */
export const mixedModels: fc.Arbitrary<Model> = fc
  .record({
    front: fc.oneof(
      fc.record({
        input: fc.tuple(fc.integer({ min: 4, max: 6 }), fc.constant(4), fc.integer({ min: 1, max: 9 })),
        layers: images,
      }),
      fc.record({
        input: fc.tuple(fc.integer({ min: 1, max: 5 })),
        layers: fc
          .record({
            units: fc.integer({ min: 1, max: 6 }),
            vocabularySize: fc.integer({ min: 1, max: 9 }),
            between: somePlain,
            end: fc.constantFrom<LayerSpec>(flatten(), globalAvgPool1d()),
          })
          .map(({ units, vocabularySize, between, end }): LayerSpec[] => [
            embedding(units, { vocabularySize }),
            ...between,
            end,
          ]),
      }),
      fc.record({ input: fc.tuple(fc.integer({ min: 1, max: 9 })), layers: somePlain }),
    ),
    units: fc.integer({ min: 1, max: 9 }),
    activation,
    between: somePlain,
    after: somePlain,
  })
  .map(({ front, units, activation: chosen, between, after }) =>
    sequential({ input: [...front.input], sets: ownSets }, [
      ...front.layers,
      dense(units, { activation: chosen }),
      ...between,
      dense(3),
      ...after,
    ]),
  );

/** A random batch; tokens where the model takes them. */
export function mixedProblem(
  model: ModelSpec,
  options: Pick<Problem, "loss" | "rows"> & { readonly seed: number },
): Problem {
  const problem = problemFor(model, options);
  const vocabularySize = problem.model.placed[0]?.vocabularySize;
  if (vocabularySize === undefined) return problem;
  const inputs = problem.batch.inputs.map((value) => Math.floor(((value + 1) / 2) * vocabularySize));
  return { ...problem, batch: { ...problem.batch, inputs } };
}

type LayerOptions = Pick<TrainerOptions, "seed" | "trainable" | "deterministic">;

/** The largest relative error of loss, outputs and direction against the reference. */
export async function errorAgainstReference(
  problem: Problem,
  rule: RuleSpec,
  options: LayerOptions = {},
): Promise<number> {
  const { model, loss, rows, batch } = problem;
  const optimizer = sgd({ learningRate: 0.1 });
  const trainer = await createTrainer(model, {
    loss,
    rule,
    optimizer,
    batchSize: rows,
    ...options,
  });
  const expected = referenceDirection(
    model,
    { loss, rule, ...options },
    await trainer.getParams(),
    toRows(problem),
  );
  const isTrained = model.placed.flatMap(({ index, params }) =>
    params.flatMap(({ length }) =>
      Array.from({ length }, () => options.trainable?.includes(index) !== false),
    ),
  );
  const direction = expected.direction.map((value, i) => (isTrained[i] === true ? value : 0));
  const found = await trainer.direction(batch);
  return Math.max(
    Math.abs(found.loss - expected.loss) / (1 + expected.loss),
    errorOf(found.outputs, expected.outputs.flat()),
    errorOf(found.direction, direction),
  );
}

/**
 * Relative to the largest value, but to 0.05 at least: where normalising cancels values or gradients (that of a bias
 * before batchNorm; all there is before a layerNorm of one channel), what is left is the rounding of what has cancelled.
 */
export function errorOf(found: ArrayLike<number>, expected: readonly number[]): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0.05);
  return largestDifference(found, expected) / largest;
}
