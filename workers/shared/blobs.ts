/** A SQLite value holds at most 2 MB; half of it keeps a row's write short. */
const partSize = 1_000_000;

/** Byte strings of any size under text keys, as rows of a Durable Object's SQLite. */
export interface Blobs {
  put(key: string, bytes: Uint8Array): void;
  get(key: string): Uint8Array | null;
  /** Deletes the keys from `first` (inclusive) to `end` (exclusive), in the order of their code units. */
  deleteRange(first: string, end: string): void;
}

/** Creates its table on the first `put`: reading what nobody wrote leaves no file behind. */
export function createBlobs(sql: SqlStorage): Blobs {
  let hasTable = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'blobs'").toArray().length > 0;

  function requireTable(): void {
    if (hasTable) return;
    sql.exec("CREATE TABLE blobs (key TEXT, part INTEGER, bytes BLOB NOT NULL, PRIMARY KEY (key, part))");
    hasTable = true;
  }

  function deleteRange(first: string, end: string): void {
    if (hasTable) sql.exec("DELETE FROM blobs WHERE key >= ? AND key < ?", first, end);
  }

  return {
    put(key, bytes) {
      requireTable();
      sql.exec("DELETE FROM blobs WHERE key = ?", key);
      for (let part = 0; part * partSize < bytes.length; part++) {
        const slice = bytes.slice(part * partSize, (part + 1) * partSize);
        sql.exec("INSERT INTO blobs VALUES (?, ?, ?)", key, part, slice.buffer);
      }
    },

    get(key) {
      if (!hasTable) return null;
      const query = "SELECT bytes FROM blobs WHERE key = ? ORDER BY part";
      const parts = sql.exec<{ bytes: ArrayBuffer }>(query, key).toArray();
      return parts.length === 0 ? null : concat(parts.map(({ bytes }) => new Uint8Array(bytes)));
    },

    deleteRange,
  };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
