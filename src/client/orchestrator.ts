import type { EvaluationResult } from "../federated/index.ts";
import { routes, safetensorsType } from "../protocol/index.ts";
import type {
  EvaluateTaskMessage,
  JoinRequest,
  JoinResponse,
  RunOver,
  TaskMessage,
  TrainTaskMessage,
  UpdateReply,
} from "../protocol/index.ts";
import { createHttp, jsonBody, readFile, readJson } from "./http.ts";
import type { HttpOptions } from "./http.ts";

export interface OrchestratorOptions extends HttpOptions {
  readonly run: string;
}

/** The orchestrator as a client of a run sees it: one method per route, each of which may be repeated. */
export interface Orchestrator {
  join(joinToken: string, request: JoinRequest): Promise<JoinResponse>;
  /** Waits up to `waitMs` for a task. */
  task(token: string, waitMs: number): Promise<TaskMessage | RunOver | null>;
  /** A safetensors file. */
  params(token: string, task: Pick<TaskMessage, "paramsPath">): Promise<Uint8Array>;
  /** Idempotent by (run, round, client): safe to repeat after a lost answer. */
  submit(token: string, task: TrainTaskMessage, update: Uint8Array): Promise<UpdateReply>;
  /** Idempotent as well. */
  report(token: string, task: EvaluateTaskMessage, result: EvaluationResult): Promise<UpdateReply>;
}

/**
 * The side of a run that takes part in it.
 *
 * @example
 * ```ts no-run
 * const orchestrator = createOrchestrator({ url: "http://127.0.0.1:8787", run: "r0123456789ab" });
 * const { client, token } = await orchestrator.join("the join token", { name: "edge-0" });
 * ```
 */
export function createOrchestrator({ run, ...options }: OrchestratorOptions): Orchestrator {
  const send = createHttp(options);
  return {
    async join(token, request) {
      return readJson(await send(routes.clients(run), { method: "POST", token, body: jsonBody(request) }));
    },

    async task(token, waitMs) {
      const response = await send(`${routes.task(run)}?waitMs=${waitMs}`, { token });
      if (response.status === 204) return null;
      if (response.status === 410) return (await response.json()) as RunOver;
      return readJson(response);
    },

    params: async (token, { paramsPath }) => readFile(await send(paramsPath, { token })),

    async submit(token, { updatePath }, update) {
      const body = { type: safetensorsType, content: update };
      return readReply(await send(updatePath, { method: "PUT", token, body }));
    },

    async report(token, { resultPath }, result) {
      return readReply(await send(resultPath, { method: "PUT", token, body: jsonBody(result) }));
    },
  };
}

/** 409 and 422 carry an UpdateReply: a stale or rejected update is an answer, not a failure. */
async function readReply(response: Response): Promise<UpdateReply> {
  const isReply = response.status === 409 || response.status === 422;
  return isReply ? ((await response.json()) as UpdateReply) : readJson(response);
}
