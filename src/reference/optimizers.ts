import type {
  AdagradOptimizer,
  AdamOptimizer,
  AdamwOptimizer,
  allOptimizers,
  KnownOptimizer,
  RmspropOptimizer,
  SgdOptimizer,
} from "../optimizers/index.ts";

/* PyTorch's update formulas for one param p and its direction d, in float64. */

export interface ReferenceState {
  readonly params: readonly number[];
  /** Steps taken. */
  readonly steps: number;
  /** What the optimizer keeps, by its names for it, each as long as the params. */
  readonly moments: readonly (readonly number[])[];
}

/** One param, what the optimizer keeps for it, and the step's number from 1. */
interface ParamBefore {
  readonly p: number;
  readonly d: number;
  readonly kept: readonly number[];
  readonly step: number;
}

type Formula<S> = (spec: S, before: ParamBefore) => { readonly p: number; readonly kept: readonly number[] };

const formulas: {
  readonly [Name in keyof typeof allOptimizers]: Formula<Extract<KnownOptimizer, { readonly name: Name }>>;
} = {
  sgd({ learningRate, momentum, nesterov, weightDecay }: SgdOptimizer, { p, d, kept: [v = 0] }) {
    const g = d + weightDecay * p;
    const velocity = momentum * v + g;
    const move = nesterov ? g + momentum * velocity : velocity;
    return { p: p - learningRate * move, kept: [velocity] };
  },

  adam: (spec: AdamOptimizer, { p, d, ...rest }) => adam(spec, { p, d: d + spec.weightDecay * p, ...rest }),

  adamw: (spec: AdamwOptimizer, { p, ...rest }) =>
    adam(spec, { p: p * (1 - spec.learningRate * spec.weightDecay), ...rest }),

  rmsprop({ learningRate, decay, epsilon, weightDecay }: RmspropOptimizer, { p, d, kept: [s = 0] }) {
    const g = d + weightDecay * p;
    const squares = decay * s + (1 - decay) * g ** 2;
    return { p: p - (learningRate * g) / (Math.sqrt(squares) + epsilon), kept: [squares] };
  },

  adagrad({ learningRate, epsilon, weightDecay }: AdagradOptimizer, { p, d, kept: [s = 0] }) {
    const g = d + weightDecay * p;
    const squares = s + g ** 2;
    return { p: p - (learningRate * g) / (Math.sqrt(squares) + epsilon), kept: [squares] };
  },
};

function adam(
  { learningRate, beta1, beta2, epsilon }: Omit<AdamOptimizer, "name">,
  { p, d, kept: [m = 0, v = 0], step }: ParamBefore,
): { readonly p: number; readonly kept: readonly number[] } {
  const mean = beta1 * m + (1 - beta1) * d;
  const square = beta2 * v + (1 - beta2) * d ** 2;
  const divisor = Math.sqrt(square / (1 - beta2 ** step)) + epsilon;
  return { p: p - (learningRate * mean) / (1 - beta1 ** step) / divisor, kept: [mean, square] };
}

/**
 * What one step makes of params and state; the direction takes the place of the gradient.
 *
 * @example
 * ```ts
 * const before = { params: [1], steps: 0, moments: [] };
 * console.log(referenceUpdate(sgd({ learningRate: 0.5 }), before, [1]).params); // [ 0.5 ]
 * ```
 */
export function referenceUpdate(
  optimizer: KnownOptimizer,
  { params, steps, moments }: ReferenceState,
  direction: readonly number[],
): ReferenceState {
  const formula = formulas[optimizer.name] as Formula<KnownOptimizer>;
  const after = params.map((p, i) =>
    formula(optimizer, {
      p,
      d: direction[i] ?? 0,
      kept: moments.map((kept) => kept[i] ?? 0),
      step: steps + 1,
    }),
  );
  const keeps = after[0]?.kept.length ?? 0;
  return {
    params: after.map(({ p }) => p),
    steps: steps + 1,
    moments: Array.from({ length: keeps }, (_, k) => after.map(({ kept }) => kept[k] ?? 0)),
  };
}
