import { DurableObject } from "cloudflare:workers";

/** The list of runs: Durable Objects of a class cannot be enumerated. One object named "all". */
export class Directory extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, createdAt INTEGER NOT NULL)",
    );
  }

  add(run: string, createdAt: number): void {
    this.ctx.storage.sql.exec("INSERT OR IGNORE INTO runs VALUES (?, ?)", run, createdAt);
  }

  /** The newest runs first, at most `limit`. */
  list(limit: number): string[] {
    const rows = this.ctx.storage.sql.exec<{ run: string }>(
      "SELECT run FROM runs ORDER BY createdAt DESC, run LIMIT ?",
      limit,
    );
    return rows.toArray().map(({ run }) => run);
  }
}
