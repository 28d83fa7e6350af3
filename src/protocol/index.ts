export { decodeParams, decodeUpdate, encodeParams, encodeUpdate, safetensorsType } from "./frames.ts";
export type { Update } from "./frames.ts";
export { decodeDataset, encodeDataset } from "./dataset-frame.ts";
export { clientNamePattern } from "./messages.ts";
export type {
  CreateRunRequest,
  CreateRunResponse,
  JoinRequest,
  JoinResponse,
  JoinTokenResponse,
  Problem,
  RoundReport,
  RunMessage,
  RunOver,
  RunView,
  TaskMessage,
  UpdateReply,
} from "./messages.ts";
export { routes, runActions } from "./routes.ts";
export type { RunAction } from "./routes.ts";
