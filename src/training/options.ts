/** Plain-JSON options of training: a RunSpec carries the same objects to a client. */

/** How a batch becomes a direction. Built by `backprop()` and `proxProp()`. */
export type UpdateRule = BackpropRule | ProxPropRule;

export interface BackpropRule {
  readonly name: "backprop";
}

/**
 * Proximal Backpropagation (Frerix et al., ICLR 2018): each layer takes an implicit step.
 * tau is the prox step size: as tau -> 0 the direction tends to tau x gradient.
 */
export interface ProxPropRule {
  readonly name: "proxprop";
  readonly tau: number;
  /** "cg": so many iterations of conjugate gradients from D = 0, every output with its own step lengths. */
  readonly proxSolver: "exact" | "cg";
  /** Of "cg" alone. */
  readonly cgIterations?: number;
  /** "mean": (A^T A / n + I / tau) D = A^T G, tau means the same at any batch size. "sum": (A^T A + I / tau) D = A^T G, as in the paper. */
  readonly reduction: "mean" | "sum";
  /** "explicit": the last layer takes the plain gradient, as in the paper. */
  readonly lastLayer: "explicit" | "prox";
}

/** PyTorch's update formulas; the direction takes the place of the gradient. */
export type Optimizer = SgdOptimizer | AdamOptimizer | AdamwOptimizer | RmspropOptimizer | AdagradOptimizer;

export interface SgdOptimizer {
  readonly name: "sgd";
  readonly learningRate: number;
  /** 0: plain SGD. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** L2 penalty added to the direction. */
  readonly weightDecay: number;
}

export interface AdamOptimizer {
  readonly name: "adam";
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** L2 penalty added to the direction. */
  readonly weightDecay: number;
}

export interface AdamwOptimizer {
  readonly name: "adamw";
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled: params shrink by learningRate x weightDecay of themselves, beside the direction. */
  readonly weightDecay: number;
}

export interface RmspropOptimizer {
  readonly name: "rmsprop";
  readonly learningRate: number;
  /** Of the mean of squares: PyTorch's alpha. */
  readonly decay: number;
  readonly epsilon: number;
  /** L2 penalty added to the direction. */
  readonly weightDecay: number;
}

export interface AdagradOptimizer {
  readonly name: "adagrad";
  readonly learningRate: number;
  readonly epsilon: number;
  /** L2 penalty added to the direction. */
  readonly weightDecay: number;
}
