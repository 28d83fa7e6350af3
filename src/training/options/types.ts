import type { RuleSpec } from "../../model/index.ts";
import type { CustomRule } from "./custom-rule.ts";

/** How a batch becomes a direction: as plain JSON, built by `backprop()` and `proxProp()`, or the user's own. */
export type UpdateRule = RuleSpec | CustomRule;

/** PyTorch's update formulas, as plain JSON; the direction takes the place of the gradient. */
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
