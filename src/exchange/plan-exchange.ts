import type { RuleSpec } from "../kinds/rule-type.ts";
import type { Model } from "../model/index.ts";
import { countStatistics } from "./statistics-layout.ts";

export interface ExchangePlan {
  readonly direction: ExchangeCost;
  readonly statistics: ExchangeCost;
  /** The exchange that sends fewer bytes per round. */
  readonly cheaper: "direction" | "statistics";
}

/** Bytes of tensor values per round of all clients; a file's header adds some hundred. */
export interface ExchangeCost {
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/**
 * What a minibatch round costs to send. direction: one float32 per param. statistics: one int64 per sum, of which a layer
 * with a prox step has (in + 1)(in + 2) / 2 + (in + 1) out; whatever the batch size.
 *
 * @example console.log(planExchange(model, { rule: proxProp({ tau: 1 }), clients: 8 }).cheaper); // direction
 */
export function planExchange(
  model: Model,
  { rule, clients }: { readonly rule: RuleSpec; readonly clients: number },
): ExchangePlan {
  const paramBytes = 4 * model.numParams * clients;
  const direction = { bytesUp: paramBytes, bytesDown: paramBytes };
  const statistics = { bytesUp: 8 * countStatistics(model, rule) * clients, bytesDown: paramBytes };
  return {
    direction,
    statistics,
    cheaper: statistics.bytesUp < direction.bytesUp ? "statistics" : "direction",
  };
}
