import { describeValue } from "../../checks/check-options.ts";
import type { Dataset } from "../../data/index.ts";
import { EdgepropError } from "../../errors.ts";
import type { LoadedBatch } from "../../kinds/layer-calls.ts";
import type { BoundLoss } from "../../kinds/loss-type.ts";
import type { Model } from "../../model/index.ts";
import type { Arena } from "../../runtime/index.ts";
import type { InputPlace } from "../engine/engine.ts";
import { checkTokenScale } from "./batch-checks.ts";

/** Copies examples into the arena and checks their values, which the kernels take for granted. */
export interface BatchLoader {
  /** The examples at these indices; throws `bad-label` or `non-finite`. */
  readonly loadExamples: (dataset: Dataset, indices: Uint32Array) => LoadedBatch;
  /** The examples in [begin, end). */
  readonly loadRange: (dataset: Dataset, begin: number, end: number) => LoadedBatch;
  /** Returns how many examples they are. */
  readonly loadInputs: (inputs: Dataset["inputs"], place: InputPlace) => number;
}

export interface BatchOptions {
  readonly loss: BoundLoss;
  /** One per class. */
  readonly classWeights?: readonly number[];
}

/** What lies in the arena; `exampleAt` tells a row's place in the dataset or batch, for messages. */
interface LoadedRows {
  readonly rows: number;
  readonly exampleAt: (row: number) => number;
}

export function createBatchLoader(
  arena: Arena,
  { inputSize, outputSize, placed }: Model,
  { loss, classWeights }: BatchOptions,
): BatchLoader {
  const { kernels } = arena;
  const hasIndices = loss.type.targets(loss.spec) === "indices";
  // Where inputs are tokens: integers in [0, vocabularySize).
  const vocabularySize = placed[0]?.vocabularySize ?? null;
  const targetSize = hasIndices ? 1 : outputSize;
  if (classWeights !== undefined) arena.floats("classWeights").set(classWeights);
  // Made once: the arena's memory never grows, and a step of a tiny model takes no longer than a few views.
  const [inputsAt, targetsAt] = [arena.at("inputs"), arena.at("targets")];
  const [inputFloats, inputBytes] = [arena.floats("inputs"), arena.bytes("inputs")];
  const targetValues = hasIndices ? arena.ints("targets") : arena.floats("targets");

  /** Bytes go to the end of the very buffer that their float32 values will fill: scaleBytes is made for it. */
  function stagingFor(inputs: Dataset["inputs"], rows: number): Uint8Array | Float32Array {
    const count = rows * inputSize;
    return inputs instanceof Uint8Array ? inputBytes.subarray(3 * count, 4 * count) : inputFloats;
  }

  /** Returns what no value is larger than in magnitude. */
  function finishInputs(
    inputs: Dataset["inputs"],
    inputScale: number,
    { rows, exampleAt }: LoadedRows,
  ): number {
    if (!Number.isFinite(inputScale))
      throw new EdgepropError(
        "bad-option",
        `inputScale is ${describeValue(inputScale)}; expected a finite number`,
      );
    const count = rows * inputSize;
    if (vocabularySize !== null) checkTokenScale(inputScale);
    let largest = Infinity;
    if (inputs instanceof Uint8Array) {
      kernels.scaleBytes(count, inputScale, inputsAt + 3 * count, inputsAt);
      largest = 255 * Math.abs(inputScale);
    } else if (inputScale !== 1) kernels.scaleFloats(count, inputScale, inputsAt);
    // Bytes are looked at only where their scale may take them beyond float32.
    if (largest >= 2 ** 127) largest = kernels.largestMagnitude(count, inputsAt);
    if (!Number.isFinite(largest)) {
      const bad = kernels.firstNonFinite(count, inputsAt);
      throw nonFinite("input", inputFloats[bad], {
        example: exampleAt(Math.floor(bad / inputSize)),
        place: bad % inputSize,
      });
    }
    if (vocabularySize !== null) checkTokens({ rows, exampleAt }, vocabularySize);
    return largest;
  }

  function checkTokens({ rows, exampleAt }: LoadedRows, limit: number): void {
    const bad = kernels.firstNoToken(rows * inputSize, limit, inputsAt);
    if (bad < 0) return;
    const example = exampleAt(Math.floor(bad / inputSize));
    throw new EdgepropError(
      "bad-label",
      `token ${bad % inputSize} of example ${example} is ${inputFloats[bad]}; expected an integer in [0, ${limit})`,
    );
  }

  function checkTargets({ rows, exampleAt }: LoadedRows): void {
    if (hasIndices) {
      const bad = kernels.firstOutside(rows, outputSize, targetsAt);
      if (bad < 0) return;
      const label = targetValues[bad];
      throw new EdgepropError(
        "bad-label",
        `the label of example ${exampleAt(bad)} is ${label}; expected a class index in [0, ${outputSize})`,
      );
    }
    const bad = kernels.firstNonFinite(rows * targetSize, targetsAt);
    if (bad >= 0)
      throw nonFinite("target", targetValues[bad], {
        example: exampleAt(Math.floor(bad / targetSize)),
        place: bad % targetSize,
      });
  }

  /** Returns the sum of what the examples count; throws `non-finite` or `bad-option`. */
  function finishWeights(hasWeights: boolean, { rows, exampleAt }: LoadedRows): number {
    const weights = hasWeights ? arena.at("weights") : 0;
    const bad = hasWeights ? kernels.firstNoWeight(rows, weights) : -1;
    if (bad >= 0) {
      const found = arena.floats("weights")[bad];
      throw new EdgepropError(
        Number.isFinite(found) ? "bad-option" : "non-finite",
        `the weight of example ${exampleAt(bad)} is ${found}; expected finite numbers of at least 0`,
      );
    }
    if (!hasWeights && classWeights === undefined) return rows;
    const byClass = classWeights === undefined ? 0 : arena.at("classWeights");
    return kernels.sumOfWeights(rows, weights, byClass, targetsAt);
  }

  function finishBatch({ inputs, inputScale, weights }: Dataset, loaded: LoadedRows): LoadedBatch {
    const hasWeights = weights !== undefined;
    const largestInput = finishInputs(inputs, inputScale, loaded);
    checkTargets(loaded);
    return { rows: loaded.rows, hasWeights, weightSum: finishWeights(hasWeights, loaded), largestInput };
  }

  function copyInputs(inputs: Dataset["inputs"], begin: number, end: number): LoadedRows {
    const rows = end - begin;
    stagingFor(inputs, rows).set(partOf(inputs, begin * inputSize, end * inputSize));
    return { rows, exampleAt: (row) => begin + row };
  }

  return {
    loadExamples(dataset, indices) {
      const { inputs, targets, weights } = dataset;
      const rows = indices.length;
      const staging = stagingFor(inputs, rows);
      const weightRows = weights === undefined ? null : arena.floats("weights");
      for (let row = 0; row < rows; row++) {
        const index = indices[row] ?? 0;
        staging.set(inputs.subarray(index * inputSize, (index + 1) * inputSize), row * inputSize);
        if (targetSize === 1) targetValues[row] = targets[index] ?? 0;
        else
          targetValues.set(targets.subarray(index * targetSize, (index + 1) * targetSize), row * targetSize);
        if (weightRows !== null) weightRows[row] = weights?.[index] ?? 0;
      }
      return finishBatch(dataset, { rows, exampleAt: (row) => indices[row] ?? 0 });
    },

    loadRange(dataset, begin, end) {
      const { inputs, targets, weights } = dataset;
      const loaded = copyInputs(inputs, begin, end);
      targetValues.set(partOf(targets, begin * targetSize, end * targetSize));
      if (weights !== undefined) arena.floats("weights").set(weights.subarray(begin, end));
      return finishBatch(dataset, loaded);
    },

    loadInputs(inputs, { inputScale, begin, end }) {
      const loaded = copyInputs(inputs, begin, end);
      finishInputs(inputs, inputScale, loaded);
      return loaded.rows;
    },
  };
}

/** No view where the whole is meant: a step of a tiny model takes no longer than a few views. */
function partOf(
  values: Float32Array | Int32Array | Uint8Array,
  begin: number,
  end: number,
): Float32Array | Int32Array | Uint8Array {
  return end - begin === values.length ? values : values.subarray(begin, end);
}

function nonFinite(
  what: string,
  value: number | undefined,
  { example, place }: { readonly example: number; readonly place: number },
): EdgepropError {
  return new EdgepropError(
    "non-finite",
    `${what} value ${place} of example ${example} is ${value}; expected finite numbers`,
  );
}
