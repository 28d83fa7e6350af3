import { DurableObject } from "cloudflare:workers";
import { errorCode } from "../../src/errors.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { advance, createRoundCloser, createRunState, nextDeadline } from "../../src/federated/index.ts";
import type {
  ActionReply,
  EvaluationResult,
  NextRound,
  ReplyOf,
  ReportReply,
  RoundCloser,
  RoundState,
  RunInputOf,
  RunInputType,
  RunSets,
  RunSpec,
  RunState,
  SubmitReply,
  TaskReply,
} from "../../src/federated/index.ts";
import { paramsLayout, toModel } from "../../src/model/index.ts";
import type { Model } from "../../src/model/index.ts";
import { decodeParams, encodeParams } from "../../src/protocol/index.ts";
import type { RunAction, RunView } from "../../src/protocol/index.ts";
import { loadKernels } from "../../src/workerd.ts";
import { drawParams } from "./draw-params.ts";
import { createEventStream } from "./event-stream.ts";
import { createRunStore } from "./run-store.ts";
import type { BlobName } from "./run-store.ts";
import { toPast, toView } from "./run-view.ts";

/** Closing the round again would give the same error. */
const hopeless: readonly (ErrorCode | undefined)[] = ["non-finite", "bad-shape"];

/** Params of this many past rounds stay readable, for watchers that evaluate while the run goes on. */
const keptRounds = 20;

export interface Joining {
  readonly secretDigest: string;
  readonly backend: string;
}

export interface Submission {
  readonly round: number;
  /** In `minibatch` mode which part of the round's batch this is; else null. */
  readonly shard: number | null;
  readonly bytes: Uint8Array;
}

export interface ReportedEvaluation {
  readonly round: number;
  readonly result: EvaluationResult;
}

/**
 * One run. Loads its state, lets `advance` decide, saves, answers: no policy here.
 * Everything between two awaits commits together, and an answer leaves only after that commit.
 */
export abstract class RunObject extends DurableObject<Env> {
  /** The strategies and update filters that the run's spec may name. */
  protected abstract readonly sets: RunSets;
  readonly #store = createRunStore(this.ctx.storage);
  readonly #events = createEventStream();
  readonly #bytesDown = new Map<number, number>();
  readonly #waiting = new Set<() => void>();
  #state: RunState | null = this.#store.load();
  #closer: RoundCloser | null = null;
  #model: Model | null = null;
  #armedFor: number | null = null;

  /** `id` is the run's id, which the object itself cannot know. The params of round 1 are those a trainer draws. */
  async create(id: string, spec: RunSpec): Promise<RunView> {
    const state = createRunState(spec);
    const model = toModel(spec.model, this.sets);
    const layout = paramsLayout(model);
    const params = await drawParams(model, spec);
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

  async act(action: RunAction): Promise<ActionReply> {
    const type = ({ start: "started", pause: "paused", stop: "stopped" } as const)[action];
    return this.#advance({ type, now: Date.now() });
  }

  /** A name is taken by who first joined with it; the same secret shows that it is the same client again. */
  async join(client: string, { secretDigest, backend }: Joining): Promise<ActionReply> {
    const known = this.#store.getNote(`secret/${client}`);
    if (known !== null && known !== secretDigest) {
      const reason = `the name "${client}" is taken; join with another, or with the secret it first joined with`;
      return { status: "refused", reason };
    }
    return this.#advance({ type: "client-joined", client, backend, now: Date.now() }, () => {
      if (known === null) this.#store.putNote(`secret/${client}`, secretDigest);
    });
  }

  async leave(client: string): Promise<ActionReply> {
    return this.#advance({ type: "client-left", client, now: Date.now() });
  }

  /** The client's task; where there is none, waits up to `waitMs` for one. */
  async task(client: string, waitMs: number): Promise<TaskReply> {
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

  async submit(client: string, { round, shard, bytes }: Submission): Promise<SubmitReply> {
    const content = this.#requireCloser(this.#require()).read(bytes);
    const of = shard === null ? {} : { shard };
    const now = Date.now();
    return this.#advance({ type: "update-received", client, round, ...of, content, now }, (reply) => {
      if (reply.status === "accepted")
        this.#store.putBlob(round, { kind: "update", part: reply.part }, bytes);
    });
  }

  async report(client: string, { round, result }: ReportedEvaluation): Promise<ReportReply> {
    return this.#advance({ type: "evaluation-received", client, round, result, now: Date.now() });
  }

  override async alarm(): Promise<void> {
    this.#armedFor = null;
    if (this.#state !== null) await this.#advance({ type: "clock", now: Date.now() });
  }

  /** Server-Sent Events; Last-Event-ID is the last closed round that the watcher knows. */
  override async fetch(request: Request): Promise<Response> {
    const past = toPast(this.#require(), Number(request.headers.get("last-event-id") ?? 0));
    const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
    return new Response(this.#events.open(past), { headers });
  }

  #require(): RunState {
    if (this.#state === null) throw new Error("the run does not exist");
    return this.#state;
  }

  /** `alongside` writes what must commit together with the new state. */
  async #advance<T extends RunInputType>(
    input: RunInputOf<T>,
    alongside: (reply: ReplyOf<T>) => void = () => {},
  ): Promise<ReplyOf<T>> {
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

  #step<T extends RunInputType>(
    input: RunInputOf<T>,
    alongside: (reply: ReplyOf<T>) => void = () => {},
  ): ReplyOf<T> {
    const before = this.#require();
    const { state, reply, events } = advance<T>(before, input);
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
      this.#step({ type: "aggregation-failed", reason: next.reason, now });
      return;
    }
    const id = this.#store.getNote("id") ?? "";
    const file = encodeParams(paramsLayout(this.#modelOf(spec)), next.params, {
      run: id,
      round: String(round + 1),
    });
    const bytesDown = this.#bytesDown.get(round) ?? 0;
    this.#bytesDown.delete(round);
    this.#step({ type: "aggregated", round, bytesDown, now }, () => {
      this.#store.putBlob(round + 1, { kind: "params" }, file);
      if (next.state.length > 0) this.#store.putBlob(round + 1, { kind: "state" }, toBytes(next.state));
      const waiting = state.evaluations
        .filter(({ result }) => result === null)
        .map((other) => other.round + 1);
      this.#store.prune(round, Math.min(round + 1 - keptRounds, ...waiting));
    });
  }

  #nextParams(state: RunState, current: RoundState): NextRound | { readonly reason: string } {
    const { round } = current;
    const kept = this.#store.getBlob(round, { kind: "state" });
    const params = decodeParams(
      paramsLayout(this.#modelOf(state.spec)),
      this.#readBlob(round, { kind: "params" }),
    );
    try {
      return this.#requireCloser(state).close(current, {
        params,
        state: kept && toFloats(kept),
        readUpdate: (part) => this.#readBlob(round, { kind: "update", part }),
      });
    } catch (error) {
      if (!hopeless.includes(errorCode(error)) || !(error instanceof Error)) throw error;
      return { reason: `round ${round}: ${error.message}` };
    }
  }

  #readBlob(round: number, blob: BlobName): Uint8Array {
    const bytes = this.#store.getBlob(round, blob);
    if (bytes === null) throw new Error(`round ${round} has lost its ${blob.kind}`);
    return bytes;
  }

  /** Lives in memory alone: what it holds is rebuilt from the rows after a restart. */
  #requireCloser({ spec }: RunState): RoundCloser {
    this.#closer ??= createRoundCloser(loadKernels(), spec, { sets: this.sets });
    return this.#closer;
  }

  /** Parsed once: a run's spec never changes. */
  #modelOf({ model }: RunSpec): Model {
    this.#model ??= toModel(model, this.sets);
    return this.#model;
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

function toBytes({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function toFloats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}
