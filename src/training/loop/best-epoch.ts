import { checkOptions } from "../../checks/check-options.ts";
import { EdgepropError } from "../../errors.ts";
import { toBoolean, toNumberWithin, toOneOf, toPositiveInteger } from "../../checks/field-reader.ts";
import type { Evaluation, FitOptions, Trainer } from "../options/trainer-types.ts";

/** The best epoch so far by its validation, for early stopping and for the params that come back. */
export interface BestEpoch {
  /** Whether this evaluation is the best so far. */
  take(evaluation: Evaluation): boolean;
  /** Copies the params that are to come back, where they are. */
  keep(trainer: Pick<Trainer, "getParams">): Promise<void>;
  restore(trainer: Pick<Trainer, "setParams">): Promise<void>;
  /** As many epochs in a row as the patience have been no better. */
  readonly isOver: boolean;
}

/** null where nobody asks which epoch is the best. Throws `bad-option`. */
export function createBestEpoch(
  { validation, earlyStopping, restoreBest = false }: FitOptions,
  hasClasses: boolean,
): BestEpoch | null {
  toBoolean(restoreBest, "restoreBest");
  if (earlyStopping === undefined && !restoreBest) return null;
  if (validation === undefined) {
    const option = earlyStopping === undefined ? "restoreBest" : "earlyStopping";
    throw new EdgepropError(
      "bad-option",
      `${option} is there without validation; hand fit examples to hold out`,
    );
  }
  const {
    patience,
    minDelta = 0,
    monitor = "loss",
  } = earlyStopping === undefined
    ? { patience: Infinity }
    : checkOptions(earlyStopping, "earlyStopping", ["patience", "minDelta", "monitor"]);
  if (earlyStopping !== undefined) toPositiveInteger(patience, "earlyStopping.patience");
  toNumberWithin(minDelta, "earlyStopping.minDelta", { from: 0 });
  toOneOf(monitor, "earlyStopping.monitor", ["loss", "accuracy"]);
  if (monitor === "accuracy" && !hasClasses) {
    throw new EdgepropError(
      "bad-option",
      `earlyStopping.monitor is "accuracy", which this loss has not; expected "loss"`,
    );
  }

  let least = Infinity;
  let epochsSince = 0;
  let params: Float32Array | null = null;
  return {
    take({ loss, accuracy = 0 }) {
      const value = monitor === "loss" ? loss : -accuracy;
      const isBest = value < least - minDelta;
      if (isBest) least = value;
      epochsSince = isBest ? 0 : epochsSince + 1;
      return isBest;
    },
    async keep(trainer) {
      if (restoreBest) params = await trainer.getParams();
    },
    async restore(trainer) {
      if (params !== null) await trainer.setParams(params);
    },
    get isOver() {
      return epochsSince >= patience;
    },
  };
}
