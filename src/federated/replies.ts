import type { Advanced, Reply, RunState } from "./types.ts";

/** An answer that changes nothing. */
export function unchanged(state: RunState, reply: Reply): Advanced {
  return { state, reply, events: [] };
}
