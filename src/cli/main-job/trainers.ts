import { createTrainerWorker } from "../../client/index.ts";
import type { EdgeClientPlace, EdgeClientStatus, TrainerWorker } from "../../client/index.ts";
import { createRandom, partitionExamples, selectExamples } from "../../data/index.ts";
import type { Dataset } from "../../data/index.ts";
import { EdgepropError } from "../../errors.ts";
import { encodeDataset } from "../../protocol/index.ts";
import type { StartOptions } from "../options.ts";

interface FeedPlace extends EdgeClientPlace {
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
  const workers = urls.map((url) => createTrainerWorker({ url, token }));
  const joined: EdgeClient[] = [];

  async function join({ worker, name }: EdgeClient, place: EdgeClientPlace): Promise<void> {
    await worker.join(name, place);
    joined.push({ worker, name });
  }

  return {
    async feed(train, options, { onFed, ...place }) {
      let fed = 0;
      const clients = spread(workers, options.clients);
      if (options.mode === "minibatch") {
        // Consecutive examples are a batch: the order is drawn once, here.
        const order = Uint32Array.from({ length: train.numExamples }, (_, index) => index);
        createRandom(options.seed, "minibatch").shuffle(order);
        const shuffled = selectExamples(train, order);
        const file = encodeDataset(shuffled);
        for (const worker of workers) await worker.putDataset(bucketDataset, file);
        await Promise.all(clients.map(async (client) => join(client, { ...place, dataset: bucketDataset })));
        onFed(options.clients);
        return;
      }
      const shards = partitionExamples(train.targets, options);
      await Promise.all(
        clients.map(async (client, index) => {
          const file = encodeDataset(selectExamples(train, shards[index] ?? []));
          await client.worker.putClientDataset(client.name, file);
          await join(client, place);
          fed += 1;
          onFed(fed);
        }),
      );
    },

    async failure(signal) {
      while (!signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, checkMs).unref());
        for (const client of joined) {
          const status = await readStatus(client);
          if (status?.phase !== "failed") continue;
          throw new EdgepropError("runtime-failed", `client ${client.name} gave up: ${status.lastError}`);
        }
      }
    },
  };
}

interface EdgeClient {
  readonly worker: TrainerWorker;
  readonly name: string;
}

function spread(workers: readonly TrainerWorker[], count: number): EdgeClient[] {
  return Array.from({ length: count }, (_, index) => workers[index % workers.length]).flatMap(
    (worker, index) => (worker === undefined ? [] : [{ worker, name: `edge-${index}` }]),
  );
}

/** null where a trainer does not answer: one that restarts, or is busy, answers next time. */
async function readStatus({ worker, name }: EdgeClient): Promise<EdgeClientStatus | null> {
  try {
    return await worker.status(name);
  } catch {
    return null;
  }
}
