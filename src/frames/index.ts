export { countValues, fromTensors, toTensors } from "./named-tensors.ts";
export type { NamedPart, Tensors } from "./named-tensors.ts";
export { decodeParams, encodeParams } from "./params.ts";
export { decodeReported, encodeReported } from "./report.ts";
export type { Report } from "./report.ts";
export { decodeStatistics, decodeUpdate, encodeStatistics, encodeUpdate } from "./updates.ts";
export type { ClientUpdate, StatisticsUpdate } from "./updates.ts";
