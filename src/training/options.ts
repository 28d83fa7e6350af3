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
  readonly proxSolver: "exact";
  /** "mean": (A^T A / n + I / tau) D = A^T G, tau means the same at any batch size. "sum": (A^T A + I / tau) D = A^T G, as in the paper. */
  readonly reduction: "mean" | "sum";
  /** "explicit": the last layer takes the plain gradient, as in the paper. */
  readonly lastLayer: "explicit" | "prox";
}

/** PyTorch's update formulas; the direction takes the place of the gradient. */
export type Optimizer = SgdOptimizer | AdamOptimizer;

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
