import { createRandom } from "../../data/index.ts";
import type { RunState } from "../types.ts";

/**
 * Clients that could be invited, sorted so that the order of joining changes nothing.
 *
 * @example
 * ```ts
 * const training = { rule: backprop(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 2, localEpochs: 1 };
 * const spec = createRunSpec({ model, loss: "softmaxCrossEntropy", training, rounds: 3, cohortSize: 2 });
 * const { length } = availableClients(createRunState(spec));
 * ```
 */
export function availableClients(state: RunState): string[] {
  return Object.entries(state.clients)
    .filter(([, { hasLeft }]) => !hasLeft)
    .map(([client]) => client)
    .toSorted();
}

/**
 * A seeded draw without replacement of cohortSize + overselection clients, or of all where there are fewer; sorted.
 *
 * @example
 * ```ts
 * const training = { rule: backprop(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 2, localEpochs: 1 };
 * const spec = createRunSpec({ model, loss: "softmaxCrossEntropy", training, rounds: 3, cohortSize: 2 });
 * const invited = chooseCohort(createRunState(spec), 1);
 * ```
 */
export function chooseCohort(state: RunState, round: number): string[] {
  const { seed, cohortSize, overselection } = state.spec;
  const clients = availableClients(state);
  createRandom(seed, "cohort", round).shuffle(clients);
  return clients.slice(0, cohortSize + overselection).toSorted();
}
