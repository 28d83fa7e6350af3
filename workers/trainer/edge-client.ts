import { DurableObject } from "cloudflare:workers";
import { EdgepropError, errorCode } from "../../src/errors.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { createDataSource, createOrchestrator, takeTurn } from "../../src/client/index.ts";
import type { DataSource, Turn } from "../../src/client/index.ts";
import { decodeDataset } from "../../src/protocol/index.ts";
import { createPredictor, createTrainer, loadKernels } from "../../src/workerd.ts";
import { createBlobs } from "../shared/blobs.ts";
import { openBucketSource } from "./bucket-source.ts";
import { sets } from "./sets.ts";

/** The run this client takes part in. */
export interface Assignment {
  readonly url: string;
  readonly run: string;
  readonly joinToken: string;
  readonly name: string;
  /** A dataset in the bucket; the client's own where absent. */
  readonly dataset?: string;
}

export interface ClientStatus {
  readonly phase: "unassigned" | "active" | "over" | "failed";
  readonly run?: string;
  /** The last turn's outcome. */
  readonly lastTurn?: Turn;
  readonly lastError?: string;
}

const pollMs = 20_000;
const retryMs = 2_000;

/** These do not pass by themselves: trying again would only knock on a closed door. */
const finalErrors: readonly ErrorCode[] = [
  "unauthorized",
  "forbidden",
  "not-found",
  "conflict",
  "bad-option",
  "unsupported",
  "bad-shape",
  "bad-label",
  "non-finite",
];

/**
 * One edge client: its data and its place in a run, driven by alarms, which outlive the process. A turn keeps
 * nothing in between, so that a client killed anywhere takes it again and sends the same bytes.
 */
export class EdgeClient extends DurableObject<Env> {
  readonly #blobs = createBlobs(this.ctx.storage.sql);
  #source: DataSource | null = null;

  /** PUT: the client's own dataset, checked by the caller. */
  override async fetch(request: Request): Promise<Response> {
    this.#blobs.put("dataset", new Uint8Array(await request.arrayBuffer()));
    this.#source = null;
    return new Response(null, { status: 204 });
  }

  /** False where there is no dataset to train on. */
  async assign(assignment: Assignment): Promise<boolean> {
    this.#source = null;
    if ((await this.#openSource(assignment)) === null) return false;
    const { kv } = this.ctx.storage;
    kv.put("assignment", assignment);
    kv.put("status", { phase: "active", run: assignment.run } satisfies ClientStatus);
    kv.delete("token");
    // Drawn before the first attempt to join: it shows the orchestrator who comes back after a lost answer.
    if (kv.get("secret") === undefined) kv.put("secret", crypto.randomUUID());
    await this.ctx.storage.setAlarm(Date.now());
    return true;
  }

  status(): ClientStatus {
    return this.ctx.storage.kv.get<ClientStatus>("status") ?? { phase: "unassigned" };
  }

  override async alarm(): Promise<void> {
    const assignment = this.ctx.storage.kv.get<Assignment>("assignment");
    if (assignment === undefined) return;
    const delayMs = await this.#turn(assignment);
    if (delayMs !== null) await this.ctx.storage.setAlarm(Date.now() + delayMs);
  }

  /** Milliseconds until the next turn; null when there is none. */
  async #turn(assignment: Assignment): Promise<number | null> {
    const { run } = assignment;
    try {
      const lastTurn = await this.#takeTurn(assignment);
      const isOver = lastTurn.outcome === "over";
      if (lastTurn.outcome === "submitted" && lastTurn.reply.status === "rejected") {
        // The same task trains to the same bytes: sending them again would change nothing.
        throw new EdgepropError(
          "conflict",
          `round ${lastTurn.round} rejected the update: ${lastTurn.reply.reason}`,
        );
      }
      this.#report(assignment, { phase: isOver ? "over" : "active", run, lastTurn });
      return isOver ? null : 0;
    } catch (error) {
      const lastError = error instanceof Error ? error.message : String(error);
      const code = errorCode(error);
      const isFinal = code !== undefined && finalErrors.includes(code);
      console.error(`client ${assignment.name} of run ${run}: ${lastError}`);
      this.#report(assignment, { phase: isFinal ? "failed" : "active", run, lastError });
      return isFinal ? null : retryMs * (1 + Math.random());
    }
  }

  /** An assignment that came meanwhile is not overwritten by what the one before it ended with. */
  #isCurrent({ run, joinToken }: Assignment): boolean {
    const current = this.ctx.storage.kv.get<Assignment>("assignment");
    return current?.run === run && current.joinToken === joinToken;
  }

  #report(assignment: Assignment, status: ClientStatus): void {
    if (this.#isCurrent(assignment)) this.ctx.storage.kv.put("status", status);
  }

  async #takeTurn(assignment: Assignment): Promise<Turn> {
    const { url, run, joinToken, name } = assignment;
    const { kv } = this.ctx.storage;
    const data = await this.#openSource(assignment);
    if (data === null) throw new Error("the dataset is gone");
    const orchestrator = createOrchestrator({ url, run });
    let token = kv.get<string>("token");
    if (token === undefined) {
      const secret = kv.get<string>("secret") ?? "";
      ({ token } = await orchestrator.join(joinToken, { name, secret, backend: "wasm" }));
      if (this.#isCurrent(assignment)) kv.put("token", token);
    }
    const slicing = { pause: async () => scheduler.wait(0) };
    const computing = { createTrainer, createPredictor, loadKernels, sets };
    return takeTurn({ orchestrator, token, data, slicing, ...computing }, { waitMs: pollMs });
  }

  async #openSource({ dataset }: Assignment): Promise<DataSource | null> {
    if (this.#source !== null) return this.#source;
    if (dataset !== undefined) {
      this.#source = await openBucketSource(this.env.DATA, dataset);
    } else {
      const bytes = this.#blobs.get("dataset");
      this.#source = bytes === null ? null : createDataSource(decodeDataset(bytes, { convert: false }));
    }
    return this.#source;
  }
}
