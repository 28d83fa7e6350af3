import { checkOptions, describeValue } from "../../checks/check-options.ts";
import { EdgepropError } from "../../errors.ts";
import type { BoundLoss } from "../../kinds/loss-type.ts";
import { toBoolean, toPositiveInteger } from "../../checks/field-reader.ts";
import { meanLoss } from "./mean-loss.ts";
import type { EvaluateOptions, Evaluation } from "../options/trainer-types.ts";

/** What the kernels or the device found in one batch. */
export interface BatchMetrics {
  readonly rows: number;
  /** The sum of weight x loss. */
  readonly lossSum: number;
  readonly weightSum: number;
  /** Rows whose largest output is the label. */
  readonly correct?: number;
  /** Rows whose label is among the k largest outputs, for each k asked for. */
  readonly topK?: readonly number[];
  /** label x classes + predicted class of every row. */
  readonly cells?: Iterable<number>;
  /** The sum over all outputs of all rows. */
  readonly absoluteErrorSum?: number;
}

/** Adds up the batches of one evaluation. */
export interface MetricsTally {
  /** The k that are asked for. */
  readonly topK: readonly number[];
  readonly wantsConfusion: boolean;
  add(batch: BatchMetrics): void;
  result(): Evaluation;
}

export interface MetricsForm {
  readonly loss: BoundLoss;
  /** The model's outputs. */
  readonly outputSize: number;
}

/** Throws `bad-option`. */
export function createMetricsTally(
  { loss, outputSize: classes }: MetricsForm,
  options: EvaluateOptions,
): MetricsTally {
  const { topK = [], confusion = false } = checkOptions(options, "evaluate", ["topK", "confusion"]);
  const wantsConfusion = toBoolean(confusion, "confusion");
  const isClassifier = loss.type.outputs === "classes";
  if (!isClassifier && (topK.length > 0 || wantsConfusion)) {
    const option = wantsConfusion ? "confusion" : "topK";
    throw new EdgepropError(
      "bad-option",
      `${option} needs classes, which ${loss.spec.name} has not; leave it out`,
    );
  }
  if (!Array.isArray(topK))
    throw new EdgepropError("bad-option", `topK is ${describeValue(topK)}; expected a list, such as [1, 5]`);
  for (const k of topK) {
    toPositiveInteger(k, "topK");
    if (k > classes) throw new EdgepropError("bad-option", `topK has ${k}; the model has ${classes} classes`);
  }
  const hits = topK.map(() => 0);
  const counts = Array.from({ length: wantsConfusion ? classes : 0 }, () =>
    Array.from({ length: classes }, () => 0),
  );
  let [numExamples, lossSum, weightSum, correct, absoluteErrorSum] = [0, 0, 0, 0, 0];

  return {
    topK,
    wantsConfusion,
    add(batch) {
      numExamples += batch.rows;
      lossSum += batch.lossSum;
      weightSum += batch.weightSum;
      correct += batch.correct ?? 0;
      absoluteErrorSum += batch.absoluteErrorSum ?? 0;
      for (const [index, count] of (batch.topK ?? []).entries()) hits[index] = (hits[index] ?? 0) + count;
      for (const cell of batch.cells ?? []) {
        const row = counts[Math.floor(cell / classes)];
        if (row !== undefined) row[cell % classes] = (row[cell % classes] ?? 0) + 1;
      }
    },
    result() {
      return {
        loss: meanLoss(lossSum, weightSum),
        numExamples,
        ...(isClassifier ? { accuracy: correct / numExamples } : {}),
        ...(topK.length > 0
          ? { topK: Object.fromEntries(topK.map((k, index) => [k, (hits[index] ?? 0) / numExamples])) }
          : {}),
        ...(wantsConfusion ? { confusion: counts } : {}),
        ...(loss.type.outputs === "values"
          ? { meanAbsoluteError: absoluteErrorSum / (numExamples * classes) }
          : {}),
      };
    },
  };
}
