import { EdgepropError } from "../../../src/errors.ts";
import type { RunView } from "../../../src/protocol/index.ts";
import type { RunObject } from "../run.ts";

export function runObject(env: Env, run: string): DurableObjectStub<RunObject> {
  return env.RUN.get(env.RUN.idFromName(run));
}

export async function requireView(env: Env, run: string): Promise<RunView> {
  const view = await runObject(env, run).view();
  if (view === null) throw unknownRun(run);
  return view;
}

export async function requireRun(env: Env, run: string): Promise<void> {
  if (!(await runObject(env, run).exists())) throw unknownRun(run);
}

function unknownRun(run: string): EdgepropError {
  return new EdgepropError("not-found", `no run "${run}"`);
}

/** Throws `conflict`, with the reason, for what the run has refused. */
export function requireAccepted(reply: { readonly status: string; readonly reason?: string }): void {
  if (reply.status === "refused")
    throw new EdgepropError("conflict", reply.reason ?? "the run does not allow this now");
}
