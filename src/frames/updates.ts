import type { ParamsLayout } from "../model/index.ts";
import type { StatisticsTensor } from "../exchange/index.ts";
import { countValues, fromTensors, pickTensors, toTensors } from "./named-tensors.ts";
import type { Tensors } from "./named-tensors.ts";
import { decodeReported, encodeReported } from "./report.ts";
import type { Report } from "./report.ts";

/** What a client sends after a task. */
export interface ClientUpdate extends Report {
  /** Params after local training minus params received, flat, in layout order; of a shard, its direction. */
  readonly delta: Float32Array;
}

/**
 * The update of a run without filters: the delta's tensors are named as the params', numExamples and loss stand in the metadata.
 *
 * @example
 * ```ts
 * const delta = new Float32Array(model.numParams);
 * const bytes = encodeUpdate(paramsLayout(model), { delta, numExamples: 4, loss: 0.5 });
 * ```
 */
export function encodeUpdate(layout: ParamsLayout, update: ClientUpdate): Uint8Array {
  return encodeReported(toTensors(layout, update.delta), update);
}

/**
 * Untrusted bytes in; throws `bad-file` or `bad-shape`, naming the tensor or the metadata.
 *
 * @example
 * ```ts
 * const layout = paramsLayout(model);
 * const bytes = encodeUpdate(layout, { delta: new Float32Array(model.numParams), numExamples: 4, loss: 0.5 });
 * console.log(decodeUpdate(layout, bytes).numExamples); // 4
 * ```
 */
export function decodeUpdate(layout: ParamsLayout, bytes: Uint8Array): ClientUpdate {
  const { tensors, ...report } = decodeReported(bytes);
  return { delta: fromTensors(layout, tensors), ...report };
}

/** What a client sends of a shard in `exchange: "statistics"`. */
export interface StatisticsUpdate extends Report {
  /** In units of 2^-32, flat, in the order of the tensors. */
  readonly sums: BigInt64Array;
}

/**
 * The statistics of a shard as a safetensors file of int64 tensors.
 *
 * @example
 * ```ts
 * const rule = proxProp({ tau: 1 });
 * const given = { dataset, loss: "softmaxCrossEntropy", rule, params: await trainer.getParams() };
 * const { sums, numExamples, lossSum } = collectStatistics(loadKernels(), model, given);
 * const layout = statisticsTensors(model, rule);
 * const bytes = encodeStatistics(layout, { sums, numExamples, loss: lossSum / numExamples });
 * ```
 */
export function encodeStatistics(
  layout: readonly StatisticsTensor[],
  { sums, ...report }: StatisticsUpdate,
): Uint8Array {
  const bytes = new Uint8Array(sums.buffer, sums.byteOffset, sums.byteLength);
  const tensors: Tensors = Object.fromEntries(
    layout.map(({ name, shape, offset, length }) => [
      name,
      { dtype: "I64", shape, bytes: bytes.subarray(8 * offset, 8 * (offset + length)) },
    ]),
  );
  return encodeReported(tensors, report);
}

/**
 * Untrusted bytes in; throws `bad-file` or `bad-shape`, naming the tensor or the metadata.
 *
 * @example
 * ```ts
 * const rule = proxProp({ tau: 1 });
 * const given = { dataset, loss: "softmaxCrossEntropy", rule, params: await trainer.getParams() };
 * const { sums, numExamples, lossSum } = collectStatistics(loadKernels(), model, given);
 * const layout = statisticsTensors(model, rule);
 * const bytes = encodeStatistics(layout, { sums, numExamples, loss: lossSum / numExamples });
 * console.log(decodeStatistics(layout, bytes).numExamples); // 4
 * ```
 */
export function decodeStatistics(layout: readonly StatisticsTensor[], bytes: Uint8Array): StatisticsUpdate {
  const { tensors, ...report } = decodeReported(bytes);
  const sums = new BigInt64Array(countValues(layout));
  const all = new Uint8Array(sums.buffer);
  for (const { tensor, offset } of pickTensors(layout, tensors, "I64")) all.set(tensor.bytes, 8 * offset);
  return { sums, ...report };
}
