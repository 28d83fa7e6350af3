import pRetry, { AbortError } from "p-retry";
import { EdgepropError } from "../errors.ts";
import { routes } from "../protocol/index.ts";
import type { ErrorCode } from "../errors.ts";
import type { EvaluationResult } from "../federated/index.ts";
import type {
  EvaluateTaskMessage,
  JoinRequest,
  JoinResponse,
  RunOver,
  TaskMessage,
  TrainTaskMessage,
  UpdateReply,
} from "../protocol/index.ts";

export interface OrchestratorOptions {
  /** Where the orchestrator answers: `https://host`. */
  readonly url: string;
  readonly run: string;
  /** Attempts beyond the first, with jittered exponential back-off from 0.1 s to 10 s. Default 8. */
  readonly retries?: number;
}

/** The orchestrator as a client sees it: one method a route, retried where repeating is harmless. */
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

export function createOrchestrator({ url, run, retries = 8 }: OrchestratorOptions): Orchestrator {
  async function request(token: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    return withRetries(async () => send(new URL(path, url), { ...init, headers }), retries);
  }

  return {
    async join(joinToken, body) {
      const headers = { "content-type": "application/json" };
      const init = { method: "POST", headers, body: JSON.stringify(body) };
      const response = await request(joinToken, routes.clients(run), init);
      return (await requireOk(response).then(async (ok) => ok.json())) as JoinResponse;
    },

    async task(token, waitMs) {
      const response = await request(token, `${routes.task(run)}?waitMs=${waitMs}`);
      if (response.status === 204) return null;
      if (response.status === 410) return (await response.json()) as RunOver;
      return (await requireOk(response).then(async (ok) => ok.json())) as TaskMessage;
    },

    async params(token, { paramsPath }) {
      const response = await requireOk(await request(token, paramsPath));
      return new Uint8Array(await response.arrayBuffer());
    },

    async submit(token, { updatePath }, update) {
      const headers = { "content-type": "application/vnd.safetensors" };
      const init = { method: "PUT", headers, body: new Uint8Array(update) };
      return readReply(await request(token, updatePath, init));
    },

    async report(token, { resultPath }, result) {
      const headers = { "content-type": "application/json" };
      return readReply(
        await request(token, resultPath, { method: "PUT", headers, body: JSON.stringify(result) }),
      );
    },
  };
}

/** 409 and 422 carry an UpdateReply: a stale or rejected update is an answer, not a failure. */
async function readReply(response: Response): Promise<UpdateReply> {
  const isReply = response.status === 409 || response.status === 422;
  return (await (isReply ? response : await requireOk(response)).json()) as UpdateReply;
}

/** What may pass by itself is tried again: a network failure, an overloaded or restarting orchestrator. */
async function send(url: URL, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (response.status < 500 && response.status !== 429) return response;
  throw new Error(
    `${init.method ?? "GET"} ${url.pathname} answered ${response.status}: ${await response.text()}`,
  );
}

async function withRetries<T>(attempt: () => Promise<T>, retries: number): Promise<T> {
  try {
    return await pRetry(
      async () => {
        try {
          return await attempt();
        } catch (error) {
          // p-retry gives up on a TypeError that it does not know as a network failure; workerd words its own.
          throw error instanceof Error && !(error instanceof AbortError)
            ? new Error(error.message, { cause: error })
            : error;
        }
      },
      { retries, minTimeout: 100, maxTimeout: 10_000, factor: 2, randomize: true },
    );
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new EdgepropError(
      "unreachable",
      `the orchestrator did not answer after ${retries + 1} attempts: ${message}`,
      { cause },
    );
  }
}

async function requireOk(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await response.text();
  const { code, detail } = parseProblem(text);
  throw new EdgepropError(
    code ?? "bad-request",
    detail ?? `the orchestrator answered ${response.status}: ${text.slice(0, 200)}`,
  );
}

function parseProblem(text: string): { code?: ErrorCode; detail?: string } {
  try {
    const problem: unknown = JSON.parse(text);
    return typeof problem === "object" && problem !== null ? problem : {};
  } catch {
    return {}; // Not a problem document: the caller quotes the text instead.
  }
}
