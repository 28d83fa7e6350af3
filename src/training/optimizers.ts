import { EdgepropError } from "../errors.ts";
import { checkNumber, checkObject } from "./checks.ts";
import type {
  AdagradOptimizer,
  AdamOptimizer,
  AdamwOptimizer,
  Optimizer,
  RmspropOptimizer,
  SgdOptimizer,
} from "./options.ts";

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

/** Gradient descent: params -= learningRate x direction. */
export function sgd({ learningRate, weightDecay = 0 }: SgdOptions): SgdOptimizer {
  return checked({ name: "sgd", learningRate, momentum: 0, nesterov: false, weightDecay });
}

/** Gradient descent with heavy-ball momentum. */
export function momentum({
  learningRate,
  momentum: keep = 0.9,
  weightDecay = 0,
}: MomentumOptions): SgdOptimizer {
  return checked({ name: "sgd", learningRate, momentum: keep, nesterov: false, weightDecay });
}

/** Gradient descent with Nesterov's momentum. */
export function nesterov({
  learningRate,
  momentum: keep = 0.9,
  weightDecay = 0,
}: MomentumOptions): SgdOptimizer {
  return checked({ name: "sgd", learningRate, momentum: keep, nesterov: true, weightDecay });
}

/** Adam (Kingma & Ba 2015). */
export function adam(options: AdamOptions = {}): AdamOptimizer {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  return checked({ name: "adam", learningRate, beta1, beta2, epsilon, weightDecay });
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019). */
export function adamw(options: AdamwOptions = {}): AdamwOptimizer {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options;
  return checked({ name: "adamw", learningRate, beta1, beta2, epsilon, weightDecay });
}

/** RMSProp (Hinton 2012): each param's step is divided by the root of a running mean of its squared directions. */
export function rmsprop(options: RmspropOptions = {}): RmspropOptimizer {
  const { learningRate = 1e-2, decay = 0.99, epsilon = 1e-8, weightDecay = 0 } = options;
  return checked({ name: "rmsprop", learningRate, decay, epsilon, weightDecay });
}

/** Adagrad (Duchi, Hazan & Singer 2011): divided by the root of the sum of all its squared directions. */
export function adagrad(options: AdagradOptions = {}): AdagradOptimizer {
  const { learningRate = 1e-2, epsilon = 1e-10, weightDecay = 0 } = options;
  return checked({ name: "adagrad", learningRate, epsilon, weightDecay });
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
      checkNumber("momentum", optimizer.momentum, { from: 0, below: 1 });
      break;
    case "adam":
    case "adamw":
      checkNumber("beta1", optimizer.beta1, { from: 0, below: 1 });
      checkNumber("beta2", optimizer.beta2, { from: 0, below: 1 });
      checkNumber("epsilon", optimizer.epsilon, { above: 0 });
      break;
    case "rmsprop":
      checkNumber("decay", optimizer.decay, { from: 0, below: 1 });
      checkNumber("epsilon", optimizer.epsilon, { above: 0 });
      break;
    case "adagrad":
      checkNumber("epsilon", optimizer.epsilon, { above: 0 });
      break;
    default:
      throw new EdgepropError(
        "unsupported",
        `the optimizer is ${JSON.stringify(optimizer satisfies never)}; expected "sgd", "adam", "adamw", "rmsprop" or "adagrad"`,
      );
  }
  checkNumber("learningRate", optimizer.learningRate, { above: 0 });
  checkNumber("weightDecay", optimizer.weightDecay, { from: 0 });
}
