import type { Advanced, Reply } from "../inputs.ts";
import type { RunState } from "../types.ts";

/** An answer that changes nothing. */
export function unchanged<R extends Reply>(state: RunState, reply: R): Advanced<R> {
  return { state, reply, events: [] };
}
