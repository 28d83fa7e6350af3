import { checkObject, checkOptions, describeValue } from "../../checks/check-options.ts";
import { EdgepropError } from "../../errors.ts";
import { checkBoolean, checkNumber } from "../../checks/check-values.ts";
import type {
  AdagradOptimizer,
  AdamOptimizer,
  AdamwOptimizer,
  Optimizer,
  RmspropOptimizer,
  SgdOptimizer,
} from "./types.ts";

export interface SgdOptions {
  readonly learningRate: number;
  /** Default 0. */
  readonly weightDecay?: number;
}

export interface MomentumOptions extends SgdOptions {
  /** Default 0.9. */
  readonly momentum?: number;
}

export interface AdamOptions {
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
}

export interface AdamwOptions extends Omit<AdamOptions, "weightDecay"> {
  /** Default 0.01. */
  readonly weightDecay?: number;
}

export interface RmspropOptions {
  /** Default 0.01. */
  readonly learningRate?: number;
  /** Of the mean of squares: PyTorch's alpha. Default 0.99. */
  readonly decay?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
}

export interface AdagradOptions {
  /** Default 0.01. */
  readonly learningRate?: number;
  /** Default 1e-10. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
}

// Options are spread, so that a misspelt one is in the spec and is refused there by its name.

/** Gradient descent: params -= learningRate x direction. */
export function sgd(options: SgdOptions): SgdOptimizer {
  return checked({ name: "sgd", momentum: 0, nesterov: false, weightDecay: 0, ...options });
}

/** Gradient descent with heavy-ball momentum. */
export function momentum(options: MomentumOptions): SgdOptimizer {
  return checked({ name: "sgd", momentum: 0.9, nesterov: false, weightDecay: 0, ...options });
}

/** Gradient descent with Nesterov's momentum. */
export function nesterov(options: MomentumOptions): SgdOptimizer {
  return checked({ name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0, ...options });
}

const adamDefaults = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** Adam (Kingma & Ba 2015). */
export function adam(options: AdamOptions = {}): AdamOptimizer {
  return checked({ name: "adam", ...adamDefaults, weightDecay: 0, ...options });
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019). */
export function adamw(options: AdamwOptions = {}): AdamwOptimizer {
  return checked({ name: "adamw", ...adamDefaults, weightDecay: 0.01, ...options });
}

/** RMSProp (Hinton 2012): each param's step is divided by the root of a running mean of its squared directions. */
export function rmsprop(options: RmspropOptions = {}): RmspropOptimizer {
  return checked({
    name: "rmsprop",
    learningRate: 1e-2,
    decay: 0.99,
    epsilon: 1e-8,
    weightDecay: 0,
    ...options,
  });
}

/** Adagrad (Duchi, Hazan & Singer 2011): divided by the root of the sum of all its squared directions. */
export function adagrad(options: AdagradOptions = {}): AdagradOptimizer {
  return checked({ name: "adagrad", learningRate: 1e-2, epsilon: 1e-10, weightDecay: 0, ...options });
}

function checked<T extends Optimizer>(optimizer: T): T {
  checkOptimizer(optimizer);
  return optimizer;
}

/** Throws `bad-option`, or `unsupported` for what another version may know: an optimizer may come as JSON. */
export function checkOptimizer(optimizer: Optimizer): void {
  checkObject("optimizer", optimizer);
  switch (optimizer.name) {
    case "sgd":
      checkOptions(optimizer, "optimizer", ["name", "learningRate", "momentum", "nesterov", "weightDecay"]);
      checkBoolean("nesterov", optimizer.nesterov);
      checkNumber("momentum", optimizer.momentum, { from: 0, below: 1 });
      break;
    case "adam":
    case "adamw":
      checkOptions<AdamOptimizer | AdamwOptimizer>(optimizer, "optimizer", [
        "name",
        "learningRate",
        "beta1",
        "beta2",
        "epsilon",
        "weightDecay",
      ]);
      checkNumber("beta1", optimizer.beta1, { from: 0, below: 1 });
      checkNumber("beta2", optimizer.beta2, { from: 0, below: 1 });
      checkNumber("epsilon", optimizer.epsilon, { above: 0 });
      break;
    case "rmsprop":
      checkOptions(optimizer, "optimizer", ["name", "learningRate", "decay", "epsilon", "weightDecay"]);
      checkNumber("decay", optimizer.decay, { from: 0, below: 1 });
      checkNumber("epsilon", optimizer.epsilon, { above: 0 });
      break;
    case "adagrad":
      checkOptions(optimizer, "optimizer", ["name", "learningRate", "epsilon", "weightDecay"]);
      checkNumber("epsilon", optimizer.epsilon, { above: 0 });
      break;
    default:
      throw new EdgepropError(
        "unsupported",
        `the optimizer is ${describeValue(optimizer satisfies never)}; expected "sgd", "adam", "adamw", "rmsprop" or "adagrad"`,
      );
  }
  checkNumber("learningRate", optimizer.learningRate, { above: 0 });
  checkNumber("weightDecay", optimizer.weightDecay, { from: 0 });
}
