import { safetensorsType, trainerRoutes } from "../protocol/index.ts";
import { createHttp, jsonBody, readJson, requireOk } from "./http.ts";
import type { HttpOptions } from "./http.ts";

export interface TrainerWorkerOptions extends HttpOptions {
  /** The trainer's token. */
  readonly token: string;
}

/** Where an edge client takes part. */
export interface EdgeClientPlace {
  /** The orchestrator's. */
  readonly url: string;
  readonly run: string;
  readonly joinToken: string;
  /** A dataset that the trainer holds for all its clients; the client's own where absent. */
  readonly dataset?: string;
}

export interface EdgeClientStatus {
  readonly phase: string;
  readonly lastError?: string;
}

/** A trainer Worker as its operator sees it: one method per route, each of which may be repeated. */
export interface TrainerWorker {
  /** A dataset file for all its edge clients. */
  putDataset(name: string, file: Uint8Array): Promise<void>;
  /** A dataset file for one edge client. */
  putClientDataset(client: string, file: Uint8Array): Promise<void>;
  join(client: string, place: EdgeClientPlace): Promise<void>;
  status(client: string): Promise<EdgeClientStatus>;
}

/**
 * Gives the edge clients of a trainer Worker data and a run.
 *
 * @example
 * ```ts no-run
 * const worker = createTrainerWorker({ url: "http://127.0.0.1:8788", token: "the trainer token" });
 * await worker.putClientDataset("edge-0", encodeDataset(dataset));
 * ```
 */
export function createTrainerWorker({ token, ...options }: TrainerWorkerOptions): TrainerWorker {
  const send = createHttp(options);

  async function put(path: string, content: Uint8Array): Promise<void> {
    await requireOk(await send(path, { method: "PUT", token, body: { type: safetensorsType, content } }));
  }

  return {
    putDataset: async (name, file) => put(trainerRoutes.dataset(name), file),
    putClientDataset: async (client, file) => put(trainerRoutes.clientDataset(client), file),
    async join(client, place) {
      await requireOk(
        await send(trainerRoutes.join(client), { method: "POST", token, body: jsonBody(place) }),
      );
    },
    status: async (client) => readJson(await send(trainerRoutes.client(client), { token })),
  };
}
