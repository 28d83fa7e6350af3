import { paramsLayout, toModel } from "../model/index.ts";
import { closeFederated } from "./closing/federated.ts";
import { closeDirections, closeStatistics } from "./closing/minibatch.ts";
import type { RoundCloser } from "./closing/types.ts";
import { createUpdateCodec } from "./filters/update-codec.ts";
import { pickByName } from "./pick-by-name.ts";
import { allRunSets } from "./sets.ts";
import type { RunSets } from "./sets.ts";
import type { RunSpec } from "./types.ts";

/**
 * The one way from a round's updates to the next params: in the run's Durable Object, in the simulation and in tests.
 * `kernels` are the compiled deterministic ones. Throws `unsupported` for a strategy or filter that `sets` lack.
 *
 * @example
 * ```ts
 * const training = { rule: backprop(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 2, localEpochs: 1 };
 * const spec = createRunSpec({ model, loss: "softmaxCrossEntropy", training, rounds: 3, cohortSize: 2 });
 * const closer = createRoundCloser(loadKernels(), spec);
 * const update = { delta: new Float32Array(model.numParams), numExamples: 4, loss: 0.5 };
 * console.log(closer.read(encodeUpdate(paramsLayout(model), update)).isValid); // true
 * ```
 */
export function createRoundCloser(
  kernels: WebAssembly.Module,
  spec: RunSpec,
  { sets = allRunSets }: { readonly sets?: RunSets } = {},
): RoundCloser {
  const { minibatch } = spec;
  const model = toModel(spec.model, sets);
  const { numParams } = model;
  if (minibatch?.exchange === "statistics") return closeStatistics(kernels, spec, model);
  const codec = createUpdateCodec(spec.filters, { layout: paramsLayout(model), set: sets.filters });
  if (minibatch !== undefined) return closeDirections(kernels, spec, { codec, model });
  const named = { path: "strategy.name", code: "unsupported" } as const;
  const strategy = pickByName(sets.strategies, spec.strategy.name, named);
  return closeFederated(kernels, spec, { strategy, codec, numParams });
}
