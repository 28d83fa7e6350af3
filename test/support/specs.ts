import {
  activations,
  adagrad,
  adam,
  adamw,
  backprop,
  constantSchedule,
  cosineSchedule,
  huber,
  meanSquaredError,
  momentum,
  nesterov,
  proxProp,
  rmsprop,
  sgd,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  stepSchedule,
} from "edgeprop";
import type {
  ActivationName,
  allSets,
  KnownLoss,
  KnownOptimizer,
  KnownRule,
  KnownSchedule,
  Loss,
  RuleSpec,
} from "edgeprop";

/*
 * Specs of every entry of edgeprop's sets, for the suites: an entry without any is a type error.
 */

/** Specs by the names of a set. */
export type SpecsOf<Set, Spec> = { readonly [Name in keyof Set]: readonly Spec[] };

/** Whether the slope jumps somewhere: there the reference and the kernels may stand on different sides. */
const hasBend = {
  linear: false,
  relu: true,
  leakyRelu: true,
  tanh: false,
  sigmoid: false,
  gelu: false,
} satisfies Record<ActivationName, boolean>;

export const smoothActivations = activations.filter((name) => !hasBend[name]);
export const bentActivations: readonly string[] = activations.filter((name) => hasBend[name]);

/** With epsilons that keep a step from being a matter of the sign of a value near 0 alone. */
export const optimizerSpecs = {
  sgd: [
    sgd({ learningRate: 0.1, weightDecay: 0.01 }),
    momentum({ learningRate: 0.05, momentum: 0.8 }),
    nesterov({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.001 }),
  ],
  adam: [adam({ learningRate: 0.01, epsilon: 1e-3, weightDecay: 0.01 })],
  adamw: [adamw({ learningRate: 0.01, epsilon: 1e-3, weightDecay: 0.1 })],
  rmsprop: [rmsprop({ learningRate: 0.01, decay: 0.9, epsilon: 1e-3, weightDecay: 0.01 })],
  adagrad: [adagrad({ learningRate: 0.05, epsilon: 1e-3, weightDecay: 0.01 })],
} satisfies SpecsOf<typeof allSets.optimizers, KnownOptimizer>;

export const optimizers: readonly KnownOptimizer[] = Object.values(optimizerSpecs).flat();

export const lossSpecsByName = {
  softmaxCrossEntropy: [
    softmaxCrossEntropy(),
    softmaxCrossEntropy({ labelSmoothing: 0.1 }),
    softmaxCrossEntropy({ targets: "probabilities" }),
    softmaxCrossEntropy({ targets: "probabilities", labelSmoothing: 0.3 }),
  ],
  sigmoidCrossEntropy: [sigmoidCrossEntropy()],
  meanSquaredError: [meanSquaredError()],
  huber: [huber(), huber({ delta: 0.2 }), huber({ delta: 4 })],
} satisfies SpecsOf<typeof allSets.losses, KnownLoss>;

/** Every loss by its name alone, then with and without its options. */
export const lossSpecs: readonly Loss[] = [
  ...Object.keys(lossSpecsByName),
  ...Object.values(lossSpecsByName).flat(),
];

export const ruleSpecs = {
  backprop: [backprop()],
  proxprop: [
    proxProp({ tau: 1 }),
    proxProp({ tau: 2, lastLayer: "prox" }),
    proxProp({ tau: 3, lastLayer: "prox", reduction: "sum" }),
    proxProp({ tau: 1, proxSolver: "cg", cgIterations: 2 }),
    proxProp({ tau: 1, proxSolver: "cg", cgIterations: 2, lastLayer: "prox" }),
  ],
} satisfies SpecsOf<typeof allSets.rules, KnownRule>;

export const rules: readonly RuleSpec[] = Object.values(ruleSpecs).flat();

const warmups = [0, 1, 7];

const scheduleSpecs = {
  constant: warmups.map((warmupSteps) => constantSchedule({ warmupSteps })),
  step: warmups.flatMap((warmupSteps) => [
    stepSchedule({ every: 3, factor: 0.5, warmupSteps }),
    stepSchedule({ every: 1, factor: 0.9, warmupSteps }),
  ]),
  cosine: warmups.flatMap((warmupSteps) => [
    cosineSchedule({ steps: 50, warmupSteps }),
    cosineSchedule({ steps: 1, finalFactor: 0.2, warmupSteps }),
    cosineSchedule({ steps: 97, finalFactor: 0.1, warmupSteps }),
  ]),
} satisfies SpecsOf<typeof allSets.schedules, KnownSchedule>;

export const schedules: readonly KnownSchedule[] = Object.values(scheduleSpecs).flat();
