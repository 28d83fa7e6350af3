import type { Identity } from "../auth.ts";

/** What a route finds in its context. */
export interface App {
  Bindings: Env;
  Variables: { identity: Identity };
}
