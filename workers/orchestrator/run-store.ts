import { lookup } from "../../src/federated/index.ts";
import type {
  ClientRecord,
  EvaluationState,
  RoundState,
  RoundSummary,
  RunState,
  UpdateRecord,
} from "../../src/federated/index.ts";
import { createBlobs } from "../shared/blobs.ts";

/** What belongs to a round beside its rows: the params and the server's state that it starts from, and its updates. */
export type BlobName =
  | { readonly kind: "params" }
  | { readonly kind: "state" }
  | { readonly kind: "update"; readonly part: string };

/** The part of the state that is one row; clients, updates, summaries and evaluations are rows of their own. */
type Head = Omit<RunState, "clients" | "history" | "current" | "evaluations"> & {
  readonly current: Omit<RoundState, "updates"> | null;
};

/** A run's rows. Calls within one turn of the object commit together. */
export interface RunStore {
  load(): RunState | null;
  /** Writes what differs from `before`, which must be what was last saved or loaded. */
  save(before: RunState | null, next: RunState): void;
  putBlob(round: number, blob: BlobName, bytes: Uint8Array): void;
  getBlob(round: number, blob: BlobName): Uint8Array | null;
  /** Drops the updates of `round`, and all params of rounds before `firstKept`. */
  prune(round: number, firstKept: number): void;
  getNote(key: string): string | null;
  putNote(key: string, value: string): void;
}

export function createRunStore(storage: DurableObjectStorage): RunStore {
  const { sql } = storage;

  const blobs = createBlobs(sql);

  /** Reading a run that nobody created leaves no file behind. */
  function hasTable(): boolean {
    return sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'entries'").toArray().length > 0;
  }

  function put(key: string, value: unknown): void {
    sql.exec("INSERT OR REPLACE INTO entries VALUES (?, ?)", key, JSON.stringify(value));
  }

  function get(key: string): unknown {
    const [row] = sql.exec<{ value: string }>("SELECT value FROM entries WHERE key = ?", key).toArray();
    return row === undefined ? null : JSON.parse(row.value);
  }

  /** Entries under `prefix/`, in the order of their keys, without the prefix. */
  function list<T>(prefix: string): [string, T][] {
    const query = "SELECT key, value FROM entries WHERE key >= ? AND key < ? ORDER BY key";
    // "0" follows "/" in ASCII, so this is the range of all keys that begin with `prefix/`.
    const rows = sql.exec<{ key: string; value: string }>(query, `${prefix}/`, `${prefix}0`).toArray();
    return rows.map(({ key, value }) => [key.slice(prefix.length + 1), JSON.parse(value) as T]);
  }

  function saveEvaluations(before: RunState["evaluations"], next: RunState["evaluations"]): void {
    if (before === next) return;
    const [known, kept] = [new Set(before), new Set(next.map(({ round }) => round))];
    for (const evaluation of next) {
      if (!known.has(evaluation)) put(`evaluation/${padded(evaluation.round)}`, evaluation);
    }
    for (const { round } of before) {
      if (!kept.has(round)) sql.exec("DELETE FROM entries WHERE key = ?", `evaluation/${padded(round)}`);
    }
  }

  return {
    load() {
      if (!hasTable()) return null;
      const head = get("run") as Head | null;
      if (head === null) return null;
      const clients = Object.fromEntries(list<ClientRecord>("client"));
      const history = list<RoundSummary>("round").map(([, summary]) => summary);
      const updates = head.current && Object.fromEntries(list<UpdateRecord>(`update/${head.current.round}`));
      const current = head.current && { ...head.current, updates: updates ?? {} };
      const evaluations = list<EvaluationState>("evaluation").map(([, evaluation]) => evaluation);
      return { ...head, clients, history, current, evaluations };
    },

    save(before, next) {
      if (before === null) {
        sql.exec(
          "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        );
      }
      const head = toHead(next);
      if (before === null || JSON.stringify(toHead(before)) !== JSON.stringify(head)) put("run", head);
      for (const [client, record] of changed(before?.clients, next.clients)) put(`client/${client}`, record);
      if (next.current !== null) {
        const known = before?.current?.round === next.current.round ? before.current.updates : undefined;
        for (const [part, record] of changed(known, next.current.updates)) {
          put(`update/${next.current.round}/${part}`, record);
        }
      }
      saveEvaluations(before?.evaluations ?? [], next.evaluations);
      for (const summary of next.history.slice(before?.history.length ?? 0)) {
        put(`round/${padded(summary.round)}`, summary);
        sql.exec(
          "DELETE FROM entries WHERE key >= ? AND key < ?",
          `update/${summary.round}/`,
          `update/${summary.round}0`,
        );
      }
    },

    putBlob: (round, blob, bytes) => blobs.put(blobKey(round, blob), bytes),
    getBlob: (round, blob) => blobs.get(blobKey(round, blob)),
    prune(round, firstKept) {
      blobs.deleteRange(`update/${padded(round)}/`, `update/${padded(round)}0`);
      if (firstKept > 0) blobs.deleteRange("params/", `params/${padded(firstKept)}`);
      blobs.deleteRange(`${folders.state}/`, `${folders.state}/${padded(round + 1)}`);
    },

    getNote: (key) => (hasTable() ? (get(`note/${key}`) as string | null) : null),
    putNote: (key, value) => put(`note/${key}`, value),
  };
}

function toHead({ spec, phase, reason, current }: RunState): Head {
  const { updates: _, ...round } = current ?? { updates: {} };
  return {
    spec,
    phase,
    ...(reason === undefined ? {} : { reason }),
    current: current === null ? null : (round as Head["current"]),
  };
}

/** State is immutable: what is the same object is unchanged. */
function changed<T>(
  before: Readonly<Record<string, T>> | undefined,
  next: Readonly<Record<string, T>>,
): [string, T][] {
  if (before === next) return [];
  return Object.entries(next).filter(([key, value]) => before === undefined || lookup(before, key) !== value);
}

/** Padded, so that the keys sort as the rounds do. */
function padded(round: number): string {
  return String(round).padStart(9, "0");
}

/** A run that was stored when minibatch optimizers alone had state goes on. */
const folders = { params: "params", state: "optimizer", update: "update" } as const;

function blobKey(round: number, blob: BlobName): string {
  return `${folders[blob.kind]}/${padded(round)}${blob.kind === "update" ? `/${blob.part}` : ""}`;
}
