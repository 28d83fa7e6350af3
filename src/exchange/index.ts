/** What machines send one another of a batch that is spread over them, and the server's side of it. */
export { collectStatistics } from "./collect-statistics.ts";
export type { Statistics, StatisticsOptions } from "./collect-statistics.ts";
export { planExchange } from "./plan-exchange.ts";
export type { ExchangeCost, ExchangePlan } from "./plan-exchange.ts";
export { createDirectionOptimizer } from "./server-optimizer.ts";
export type { DirectionOptimizer, OptimizerStep } from "./server-optimizer.ts";
export { createStatisticsSolver } from "./solve-statistics.ts";
export type { StatisticsSolver } from "./solve-statistics.ts";
export { hasStatistics, statisticsTensors } from "./statistics-layout.ts";
export type { StatisticsTensor } from "./statistics-layout.ts";
