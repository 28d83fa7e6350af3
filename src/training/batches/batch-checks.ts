import { checkOptions, describeValue, typeName } from "../../checks/check-options.ts";
import { toNumberWithin } from "../../checks/field-reader.ts";
import { checkWeights } from "../../data/dataset.ts";
import type { Dataset } from "../../data/index.ts";
import { EdgepropError } from "../../errors.ts";
import type { BoundLoss } from "../../kinds/loss-type.ts";
import type { Model } from "../../model/index.ts";
import type { Batch } from "../options/trainer-types.ts";

/** Checks of what is handed over, before any value is looked at. */
export interface BatchChecks {
  /** A batch as a dataset of its own; throws `bad-shape`. */
  toDataset(batch: Batch): Dataset;
  /** Throws `bad-shape` when the dataset is not for this model and loss, or is empty; `bad-option` for scaled tokens. */
  checkDataset(dataset: Dataset): void;
}

export function createBatchChecks({ inputSize, outputSize, placed }: Model, loss: BoundLoss): BatchChecks {
  const hasIndices = loss.type.targets(loss.spec) === "indices";
  const { name } = loss.spec;
  const targetSize = hasIndices ? 1 : outputSize;
  const takesTokens = placed[0]?.vocabularySize !== undefined;

  return {
    toDataset(batch) {
      // A Dataset may stand for a batch.
      checkOptions<Batch & Partial<Dataset>>(batch, "batch", batchFields);
      const { inputs, inputScale = 1, targets, weights } = batch;
      checkType("inputs", inputs, inputTypes);
      const numExamples = inputs.length / inputSize;
      if (Number.isInteger(numExamples)) {
        const dataset = { numExamples, inputSize, inputs, inputScale, targets };
        return weights === undefined ? dataset : { ...dataset, weights };
      }
      throw new EdgepropError(
        "bad-shape",
        `the batch has ${inputs.length} input values; expected a multiple of ${inputSize}`,
      );
    },

    checkDataset({ numExamples, inputSize: found, inputs, inputScale, targets, weights }) {
      checkType("inputs", inputs, inputTypes);
      checkType("targets", targets, targetTypes);
      toNumberWithin(numExamples, "numExamples", { from: 0 });
      if (found !== inputSize || inputs.length !== numExamples * inputSize) {
        throw new EdgepropError(
          "bad-shape",
          `${inputs.length} input values are ${numExamples} examples of ${describeValue(found)}; the model takes ${inputSize} per example`,
        );
      }
      if (takesTokens) checkTokenScale(inputScale);
      if (numExamples === 0) throw new EdgepropError("bad-shape", "there are no examples");
      if (weights !== undefined) checkWeights(weights, numExamples);
      if (hasIndices && targets instanceof Float32Array) {
        throw new EdgepropError(
          "bad-shape",
          `${name} takes class indices as Int32Array or Uint8Array; found Float32Array`,
        );
      }
      if (targets.length !== numExamples * targetSize) {
        const each = hasIndices ? "one class index" : `${targetSize} values`;
        throw new EdgepropError(
          "bad-shape",
          `${targets.length} targets for ${numExamples} examples; ${name} takes ${each} per example`,
        );
      }
    },
  };
}

const batchFields = ["inputs", "targets", "inputScale", "weights", "numExamples", "inputSize"] as const;
const inputTypes = [Float32Array, Uint8Array];
const targetTypes = [Int32Array, Uint8Array, Float32Array];

/** Throws `bad-shape`: only these are copied as they are. */
function checkType(
  name: "inputs" | "targets",
  values: unknown,
  types: readonly (typeof Float32Array | typeof Int32Array | typeof Uint8Array)[],
): void {
  for (const type of types) if (values instanceof type) return;
  const expected = types.map((type) => type.name).join(" or ");
  throw new EdgepropError("bad-shape", `${name} are of type ${typeName(values)}; expected ${expected}`);
}

/** Throws `bad-option`: tokens are no values. */
export function checkTokenScale(inputScale: number): void {
  if (inputScale === 1) return;
  throw new EdgepropError(
    "bad-option",
    `inputScale is ${inputScale}; the tokens of an embedding layer are not scaled: expected 1`,
  );
}
