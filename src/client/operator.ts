import { routes } from "../protocol/index.ts";
import type { CreateRunRequest, CreateRunResponse, RunAction, RunMessage } from "../protocol/index.ts";
import { createHttp, jsonBody, readFile, readJson, requireOk } from "./http.ts";
import type { HttpOptions } from "./http.ts";
import { watchRun } from "./watch-run.ts";

export interface OperatorOptions extends HttpOptions {
  /** The orchestrator's admin token. */
  readonly token: string;
}

/** The orchestrator as its operator sees it: one method per route, each of which may be repeated. */
export interface Operator {
  createRun(request: CreateRunRequest): Promise<CreateRunResponse>;
  act(run: string, action: RunAction): Promise<void>;
  /** The params that `round` starts from, as a safetensors file. */
  params(run: string, round: number): Promise<Uint8Array>;
  /** The run's events until it is over or `signal` aborts, reconnecting without a gap in the closed rounds. */
  watch(run: string, signal: AbortSignal): AsyncGenerator<RunMessage>;
}

/**
 * The side of a run that creates, starts and watches it.
 *
 * @example
 * ```ts no-run
 * const operator = createOperator({ url: "http://127.0.0.1:8787", token: "the admin token" });
 * const options = { rule: proxProp({ tau: 1 }), optimizer: sgd({ learningRate: 2 }), batchSize: 32, localEpochs: 1 };
 * const { run } = await operator.createRun({
 *   model,
 *   loss: "softmaxCrossEntropy",
 *   training: options,
 *   rounds: 10,
 *   cohortSize: 8,
 * });
 * await operator.act(run, "start");
 * ```
 */
export function createOperator({ token, ...options }: OperatorOptions): Operator {
  const send = createHttp(options);
  return {
    async createRun(request) {
      return readJson(await send(routes.runs(), { method: "POST", token, body: jsonBody(request) }));
    },
    async act(run, action) {
      await requireOk(await send(routes.action(run, action), { method: "POST", token }));
    },
    params: async (run, round) => readFile(await send(routes.params(run, round), { token })),
    watch: (run, signal) => watchRun(send, { run, token, signal }),
  };
}
