import { EdgepropError } from "../../errors.ts";
import type { RunSpecInput } from "../../federated/index.ts";
import { backprop, dense, proxProp, sequential, sgd } from "../../node.ts";
import type { Model } from "../../node.ts";
import type { StartOptions } from "../options.ts";

/** MLP 784-128-10. */
export function mnistModel(inputSize: number): Model {
  return sequential({ input: [inputSize] }, [dense(128, { activation: "relu" }), dense(10)]);
}

/** Throws `bad-option` for options that contradict each other: ignoring one would hide a misunderstanding. */
export function checkStartOptions({ mode, rule, tau, exchange, steps }: StartOptions): void {
  const isMinibatch = mode === "minibatch";
  if (rule === "backprop" && tau !== undefined) {
    throw bad("--tau is the prox step size of proxprop; leave it out with --rule backprop");
  }
  if (!isMinibatch && exchange !== undefined) throw bad("--exchange belongs to --mode minibatch");
  if (!isMinibatch && steps !== undefined)
    throw bad("--steps belongs to --mode minibatch; a federated run has --rounds");
}

function bad(message: string): EdgepropError {
  return new EdgepropError("bad-option", message);
}

/** How many rounds the run has; in a minibatch run each step is a round. */
export function countRounds({ mode, rounds, steps }: StartOptions): number {
  return mode === "minibatch" ? (steps ?? 100) : rounds;
}

/** The run that the options describe. The learning rates are the best measured for each rule and mode (docs/proxprop.md). */
export function toRunSpec(options: StartOptions, model: Model, numExamples: number): RunSpecInput {
  const { mode, clients, rule, tau, batchSize, localEpochs, seed, exchange } = options;
  const isProx = rule === "proxprop";
  const isMinibatch = mode === "minibatch";
  return {
    mode,
    ...(isMinibatch ? { minibatch: { exchange: exchange ?? "direction", numExamples } } : {}),
    model,
    loss: "softmaxCrossEntropy",
    training: {
      rule: isProx ? proxProp({ tau: tau ?? 1 }) : backprop(),
      optimizer: sgd({ learningRate: options.learningRate ?? (isProx ? 2 : 0.3) }),
      batchSize: batchSize ?? (isMinibatch ? 512 : 32),
      localEpochs: isMinibatch ? 1 : localEpochs,
    },
    rounds: countRounds(options),
    cohortSize: clients,
    minUpdates: clients,
    seed,
  };
}
