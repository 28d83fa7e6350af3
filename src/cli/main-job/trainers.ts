import { createRandom, partitionExamples, selectExamples } from "../../data/index.ts";
import type { Dataset } from "../../data/index.ts";
import { EdgepropError } from "../../errors.ts";
import { encodeDataset, safetensorsType } from "../../protocol/index.ts";
import { call } from "../admin.ts";
import type { StartOptions } from "../options.ts";

interface Place {
  readonly url: string;
  readonly run: string;
  readonly joinToken: string;
}

interface FeedPlace extends Place {
  /** Called while the data is handed out, with the number of clients that have theirs. */
  readonly onFed: (clients: number) => void;
}

/** The trainer Workers, and the edge clients `edge-0`, `edge-1`, ... spread over them in turn. */
export interface Trainers {
  /** Gives every edge client its data and lets it join the run. */
  feed(train: Dataset, options: StartOptions, place: FeedPlace): Promise<void>;
  /** Rejects when a client has given up for good; never resolves before `signal` aborts. */
  failure(signal: AbortSignal): Promise<void>;
}

const checkMs = 2_000;
const bucketDataset = "mnist-train";

export function createTrainers(urls: readonly string[], token: string): Trainers {
  const headers = { authorization: `Bearer ${token}` };
  const joined: URL[] = [];

  function clientUrl(index: number, path: string): URL {
    return new URL(`/v1/clients/edge-${index}${path}`, urls[index % urls.length]);
  }

  async function put(url: URL, dataset: Dataset): Promise<void> {
    const body = new Uint8Array(encodeDataset(dataset));
    await call(url, { method: "PUT", headers: { ...headers, "content-type": safetensorsType }, body });
  }

  async function join(index: number, place: Place & { readonly dataset?: string }): Promise<void> {
    const body = JSON.stringify(place);
    const init = { method: "POST", headers: { ...headers, "content-type": "application/json" }, body };
    await call(clientUrl(index, "/join"), init);
    joined.push(clientUrl(index, ""));
  }

  return {
    async feed(train, options, { onFed, ...place }) {
      let fed = 0;
      const indices = Array.from({ length: options.clients }, (_, index) => index);
      if (options.mode === "minibatch") {
        // The order is drawn once, here, because consecutive examples make up a batch.
        const order = Uint32Array.from({ length: train.numExamples }, (_, index) => index);
        createRandom(options.seed, "minibatch").shuffle(order);
        const shuffled = selectExamples(train, order);
        for (const url of urls) await put(new URL(`/v1/datasets/${bucketDataset}`, url), shuffled);
        await Promise.all(indices.map(async (index) => join(index, { ...place, dataset: bucketDataset })));
        onFed(options.clients);
        return;
      }
      const shards = partitionExamples(train.targets, options);
      await Promise.all(
        shards.map(async (shard, index) => {
          await put(clientUrl(index, "/dataset"), selectExamples(train, shard));
          await join(index, place);
          fed += 1;
          onFed(fed);
        }),
      );
    },

    async failure(signal) {
      while (!signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, checkMs).unref());
        for (const url of joined) {
          const { phase, lastError } = await readStatus(url, headers);
          if (phase !== "failed") continue;
          throw new EdgepropError("runtime-failed", `${url.pathname} gave up: ${lastError}`);
        }
      }
    },
  };
}

/** A failed call is no error: a trainer that restarts, or is busy, answers the next one. */
async function readStatus(
  url: URL,
  headers: Record<string, string>,
): Promise<{ phase?: string; lastError?: string }> {
  try {
    return (await (await call(url, { headers })).json()) as { phase?: string; lastError?: string };
  } catch {
    return {};
  }
}
