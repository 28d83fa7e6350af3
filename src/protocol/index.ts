export {
  decodeParams,
  decodeStatistics,
  decodeUpdate,
  encodeParams,
  encodeStatistics,
  encodeUpdate,
} from "../frames/index.ts";
export type { ClientUpdate, StatisticsUpdate } from "../frames/index.ts";
export { safetensorsType } from "./media-types.ts";
export { decodeDataset, encodeDataset, openDataset } from "./dataset-frame.ts";
export type { DatasetFile, DecodeDatasetOptions, ReadRange } from "./dataset-frame.ts";
export { metricsHeader } from "./finetune.ts";
export type {
  ExamplesMetrics,
  FinetuneMetrics,
  FinetuneRequest,
  InlineExamples,
  ParamsSource,
  PredictRequest,
  PredictResponse,
} from "./finetune.ts";
export { clientNamePattern } from "./messages.ts";
export type {
  CreateRunRequest,
  CreateRunResponse,
  JoinRequest,
  JoinResponse,
  JoinTokenResponse,
  Problem,
  RunMessage,
  RunOver,
  RunView,
  EvaluateTaskMessage,
  EvaluationReport,
  TaskMessage,
  TrainTaskMessage,
  UpdateReply,
} from "./messages.ts";
export { routes, runActions, trainerRoutes } from "./routes.ts";
export type { RunAction } from "./routes.ts";
