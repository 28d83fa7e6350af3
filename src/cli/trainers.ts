import { EdgepropError } from "../errors.ts";
import { safetensorsType } from "../protocol/index.ts";
import { call } from "./admin.ts";

export interface Trainers {
  /** Gives edge client `index` its dataset and lets it join the run. */
  join(
    index: number,
    dataset: Uint8Array,
    place: { readonly url: string; readonly run: string; readonly joinToken: string },
  ): Promise<void>;
  /** Rejects when a client has given up for good; never resolves before `signal` aborts. */
  failure(signal: AbortSignal): Promise<void>;
}

const checkMs = 2_000;

/** Edge clients `edge-0`, `edge-1`, ... spread over the trainer Workers in turn. */
export function createTrainers(urls: readonly string[], token: string): Trainers {
  const headers = { authorization: `Bearer ${token}` };
  const joined: URL[] = [];

  function clientUrl(index: number, path: string): URL {
    return new URL(`/v1/clients/edge-${index}${path}`, urls[index % urls.length]);
  }

  return {
    async join(index, dataset, place) {
      const put = {
        method: "PUT",
        headers: { ...headers, "content-type": safetensorsType },
        body: new Uint8Array(dataset),
      };
      await call(clientUrl(index, "/dataset"), put);
      const post = {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(place),
      };
      await call(clientUrl(index, "/join"), post);
      joined.push(clientUrl(index, ""));
    },

    async failure(signal) {
      while (!signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, checkMs).unref());
        for (const url of joined) {
          const { phase, lastError } = await readStatus(url, headers);
          if (phase === "failed")
            throw new EdgepropError("runtime-failed", `${url.pathname} gave up: ${lastError}`);
        }
      }
    },
  };
}

/** A trainer that restarts, or is busy, answers next time. */
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
