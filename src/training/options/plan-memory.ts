import { checkObject } from "../../checks/check-options.ts";
import type { Model } from "../../model/index.ts";
import type { MemoryPlan } from "../../runtime/index.ts";
import { planMemoryOf } from "../step/plan-memory.ts";
import { bindLearning, bindLoss } from "./trainer-options.ts";
import type { TrainerOptions } from "./trainer-types.ts";

export type MemoryPlanOptions = Pick<
  TrainerOptions,
  "loss" | "batchSize" | "trainable" | "classWeights" | "clipNorm" | "budgetBytes"
> &
  Partial<Pick<TrainerOptions, "rule" | "optimizer">>;

/** Every buffer that a trainer with these options would have; without a rule and an optimizer, that a predictor would. Throws `out-of-memory` when they exceed the budget. */
export function planMemory(model: Model, options: MemoryPlanOptions): MemoryPlan {
  checkObject("what planMemory is given", options);
  const { loss, rule, optimizer, trainable, clipNorm, ...others } = options;
  return planMemoryOf(model, {
    ...others,
    loss: bindLoss(loss, model.sets),
    learning:
      rule === undefined && optimizer === undefined
        ? null
        : {
            ...bindLearning(model.sets, { rule, optimizer }),
            ...(trainable === undefined ? {} : { trainable }),
            ...(clipNorm === undefined ? {} : { clipNorm }),
          },
  });
}
