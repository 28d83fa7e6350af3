import { DurableObject } from "cloudflare:workers";
import { errorCode } from "../../src/errors.ts";
import { advance, createRunState, nextDeadline } from "../../src/federated/index.ts";
import type {
  EvaluationResult,
  Reply,
  RoundState,
  RunInput,
  RunSpec,
  RunState,
  UpdateContent,
} from "../../src/federated/index.ts";
import { paramsLayout } from "../../src/model/index.ts";
import { encodeParams } from "../../src/protocol/index.ts";
import type { RunAction, RunMessage, RunView } from "../../src/protocol/index.ts";
import { drawParams } from "./draw-params.ts";
import { createEventStream } from "./event-stream.ts";
import { createRoundSum } from "./round-sum.ts";
import type { ClosedRound, RoundSum } from "./round-sum.ts";
import { createRunStore } from "./run-store.ts";
import type { BlobName } from "./run-store.ts";
import { toView } from "./run-view.ts";

/** Params of this many past rounds stay readable, for watchers that evaluate while the run goes on. */
const keptRounds = 20;

export type Joined = { readonly status: "joined" } | { readonly status: "refused"; readonly reason: string };

/**
 * One run. Loads its state, lets `advance` decide, saves, answers: no policy here.
 * Everything between two awaits commits together, and an answer leaves only after that commit.
 */
export class Run extends DurableObject<Env> {
  readonly #store = createRunStore(this.ctx.storage);
  readonly #events = createEventStream();
  readonly #bytesDown = new Map<number, number>();
  readonly #waiting = new Set<() => void>();
  #state: RunState | null = this.#store.load();
  #sum: RoundSum | null = null;
  #armedFor: number | null = null;

  /** `id` is the run's id, which the object itself cannot know. The params of round 1 are those a trainer draws. */
  async create(id: string, spec: RunSpec): Promise<RunView> {
    const state = createRunState(spec);
    const layout = paramsLayout(spec.model);
    const params = await drawParams(spec);
    this.ctx.storage.transactionSync(() => {
      this.#store.save(null, state);
      this.#store.putNote("id", id);
      this.#store.putBlob(1, { kind: "params" }, encodeParams(layout, params, { run: id, round: "1" }));
    });
    this.#state = state;
    return this.#view(state);
  }

  /** Whether the run was ever created: any name leads to an object. */
  exists(): boolean {
    return this.#state !== null;
  }

  view(): RunView | null {
    return this.#state === null ? null : this.#view(this.#state);
  }

  async act(action: RunAction): Promise<Reply> {
    const type = ({ start: "started", pause: "paused", stop: "stopped" } as const)[action];
    return this.#advance({ type, now: Date.now() });
  }

  /** A name is taken by who first joined with it; the same secret shows that it is the same client again. */
  async join(client: string, secretDigest: string, backend: string): Promise<Joined> {
    const known = this.#store.getNote(`secret/${client}`);
    if (known !== null && known !== secretDigest) {
      const reason = `the name "${client}" is taken; join with another, or with the secret it first joined with`;
      return { status: "refused", reason };
    }
    const reply = await this.#advance({ type: "client-joined", client, backend, now: Date.now() }, () => {
      if (known === null) this.#store.putNote(`secret/${client}`, secretDigest);
    });
    return reply.status === "refused" ? reply : { status: "joined" };
  }

  async leave(client: string): Promise<Reply> {
    return this.#advance({ type: "client-left", client, now: Date.now() });
  }

  /** The client's task; where there is none, waits up to `waitMs` for one. */
  async task(client: string, waitMs: number): Promise<Reply> {
    const until = Date.now() + waitMs;
    for (;;) {
      const reply = await this.#advance({ type: "task-requested", client, now: Date.now() });
      if (reply.status !== "none" || Date.now() >= until) return reply;
      await this.#change(until - Date.now());
    }
  }

  /** The params that `round` starts from; null where they are not there (yet, or any more). */
  params(round: number, isForClient: boolean): Uint8Array | null {
    const bytes = this.#store.getBlob(round, { kind: "params" });
    if (bytes !== null && isForClient)
      this.#bytesDown.set(round, (this.#bytesDown.get(round) ?? 0) + bytes.length);
    return bytes;
  }

  /** The params after the last closed round. */
  model(): Uint8Array | null {
    return this.params(
      (this.#require().history.findLast(({ phase }) => phase === "closed")?.round ?? 0) + 1,
      false,
    );
  }

  /** `shard`: in `minibatch` mode which part of the round's batch this is. */
  async submit(client: string, round: number, shard: number | null, bytes: Uint8Array): Promise<Reply> {
    const read = this.#roundSum(this.#require()).read(bytes);
    const content: UpdateContent = read.isValid ? { isValid: true, update: read.record } : read;
    const part = shard === null ? {} : { shard };
    const input: RunInput = { type: "update-received", client, round, ...part, content, now: Date.now() };
    return this.#advance(input, (reply) => {
      if (reply.status !== "accepted") return;
      this.#store.putBlob(round, { kind: "update", part: shard === null ? client : String(shard) }, bytes);
    });
  }

  async report(client: string, round: number, result: EvaluationResult): Promise<Reply> {
    return this.#advance({ type: "evaluation-received", client, round, result, now: Date.now() });
  }

  override async alarm(): Promise<void> {
    this.#armedFor = null;
    if (this.#state !== null) await this.#advance({ type: "clock", now: Date.now() });
  }

  /** Server-Sent Events; Last-Event-ID is the last closed round that the watcher knows. */
  override async fetch(request: Request): Promise<Response> {
    const state = this.#require();
    const lastRound = Number(request.headers.get("last-event-id") ?? 0);
    const past: RunMessage[] = state.history
      .filter(({ round }) => round > lastRound)
      .map((summary) => ({ type: "round-closed", summary }));
    const { phase, reason, current, spec } = state;
    if (current !== null) {
      const { round } = current;
      past.push({
        type: "update",
        round,
        updates: Object.keys(current.updates).length,
        cohortSize: spec.cohortSize,
      });
    }
    past.push({ type: "run", phase, ...(reason === undefined ? {} : { reason }) });
    const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
    return new Response(this.#events.open(past), { headers });
  }

  #require(): RunState {
    if (this.#state === null) throw new Error("the run does not exist");
    return this.#state;
  }

  /** `alongside` writes what must commit together with the new state. */
  async #advance(input: RunInput, alongside: (reply: Reply) => void = () => {}): Promise<Reply> {
    const before = this.#require();
    const reply = this.#step(input, alongside);
    this.#aggregate(input.now);
    const state = this.#require();
    // Also at the end of a lease, which changes nothing but what a waiting client may take.
    if (state !== before || input.type === "clock") this.#wake();
    const deadline = nextDeadline(state, input.now);
    if (deadline !== null && deadline !== this.#armedFor) {
      this.#armedFor = deadline;
      await this.ctx.storage.setAlarm(deadline);
    }
    return reply;
  }

  #step(input: RunInput, alongside: (reply: Reply) => void): Reply {
    const before = this.#require();
    const { state, reply, events } = advance(before, input);
    this.ctx.storage.transactionSync(() => {
      alongside(reply);
      if (state !== before) this.#store.save(before, state);
    });
    this.#state = state;
    for (const event of events) this.#events.send(event);
    return reply;
  }

  /** Ends the round whose updates are all there: also after a restart between the two commits. */
  #aggregate(now: number): void {
    const state = this.#require();
    const { spec, current } = state;
    if (current?.phase !== "aggregating") return;
    const { round } = current;
    const next = this.#nextParams(state, current);
    if ("reason" in next) {
      this.#step({ type: "aggregation-failed", reason: next.reason, now }, () => {});
      return;
    }
    const id = this.#store.getNote("id") ?? "";
    const file = encodeParams(paramsLayout(spec.model), next.params, { run: id, round: String(round + 1) });
    const bytesDown = this.#bytesDown.get(round) ?? 0;
    this.#bytesDown.delete(round);
    this.#step({ type: "aggregated", round, bytesDown, now }, () => {
      this.#store.putBlob(round + 1, { kind: "params" }, file);
      if (next.optimizer.length > 0) this.#store.putBlob(round + 1, { kind: "optimizer" }, next.optimizer);
      const waiting = state.evaluations
        .filter(({ result }) => result === null)
        .map((other) => other.round + 1);
      this.#store.prune(round, Math.min(round + 1 - keptRounds, ...waiting));
    });
  }

  #nextParams(state: RunState, current: RoundState): ClosedRound | { readonly reason: string } {
    const { round } = current;
    try {
      return this.#roundSum(state).close(current, {
        params: this.#readBlob(round, { kind: "params" }),
        optimizer: this.#store.getBlob(round, { kind: "optimizer" }),
        readUpdate: (part) => this.#readBlob(round, { kind: "update", part }),
      });
    } catch (error) {
      if (errorCode(error) !== "non-finite" || !(error instanceof Error)) throw error;
      return { reason: `round ${round}: ${error.message}` };
    }
  }

  #readBlob(round: number, blob: BlobName): Uint8Array {
    const bytes = this.#store.getBlob(round, blob);
    if (bytes === null) throw new Error(`round ${round} has lost its ${blob.kind}`);
    return bytes;
  }

  /** Lives in memory alone: what it holds is rebuilt from the rows after a restart. */
  #roundSum(state: RunState): RoundSum {
    this.#sum ??= createRoundSum(state.spec);
    return this.#sum;
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
  }

  async #change(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
    });
  }

  #view(state: RunState): RunView {
    return toView(state, { run: this.#store.getNote("id") ?? "", now: Date.now() });
  }
}
