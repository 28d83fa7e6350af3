import { sign, verify } from "hono/jwt";
import { EdgepropError } from "../../src/errors.ts";
import { bearerToken, isSameSecret, requireSecret } from "../shared/secrets.ts";

/** Who asks: the operator, somebody invited to a run, or a client of a run. */
export type Identity =
  | { readonly kind: "admin" }
  | { readonly kind: "join"; readonly run: string }
  | { readonly kind: "client"; readonly run: string; readonly client: string };

const joinTokenSeconds = 24 * 3600;
const clientTokenSeconds = 30 * 24 * 3600;

export async function createJoinToken(
  env: Env,
  run: string,
): Promise<{ joinToken: string; expiresAt: string }> {
  const exp = Math.floor(Date.now() / 1000) + joinTokenSeconds;
  const joinToken = await sign(
    { kind: "join", run, exp },
    requireSecret(env.TOKEN_SECRET, "TOKEN_SECRET"),
    "HS256",
  );
  return { joinToken, expiresAt: new Date(exp * 1000).toISOString() };
}

export async function createClientToken(env: Env, run: string, client: string): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + clientTokenSeconds;
  return sign({ kind: "client", run, client, exp }, requireSecret(env.TOKEN_SECRET, "TOKEN_SECRET"), "HS256");
}

/** Throws `unauthorized` for no token, a forged or an expired one. */
export async function authenticate(env: Env, authorization: string | undefined): Promise<Identity> {
  const token = bearerToken(authorization);
  if (await isSameSecret(token, requireSecret(env.ADMIN_TOKEN, "ADMIN_TOKEN"))) return { kind: "admin" };
  return toIdentity(await verifyToken(env, token));
}

async function verifyToken(env: Env, token: string): Promise<Record<string, unknown>> {
  try {
    return await verify(token, requireSecret(env.TOKEN_SECRET, "TOKEN_SECRET"), "HS256");
  } catch (cause) {
    const isExpired = cause instanceof Error && cause.name === "JwtTokenExpired";
    const what = isExpired
      ? "the token has expired; join again"
      : "the token is not one this orchestrator signed";
    throw new EdgepropError("unauthorized", what, { cause });
  }
}

function toIdentity({ kind, run, client }: Record<string, unknown>): Identity {
  if (kind === "join" && typeof run === "string") return { kind, run };
  if (kind === "client" && typeof run === "string" && typeof client === "string")
    return { kind, run, client };
  throw new EdgepropError("unauthorized", "the token is of no known kind");
}

export function requireAdmin(identity: Identity): void {
  if (identity.kind !== "admin") throw new EdgepropError("forbidden", "this needs the admin token");
}

/** Admin, or any token of this run. */
export function requireMember(identity: Identity, run: string): void {
  if (identity.kind !== "admin" && identity.run !== run) {
    throw new EdgepropError("forbidden", `the token is for run ${identity.run}, not ${run}`);
  }
}

/** The client that the token names, which must be of this run. */
export function requireClient(identity: Identity, run: string): string {
  if (identity.kind !== "client" || identity.run !== run) {
    throw new EdgepropError("forbidden", `this needs a client token of run ${run}; join it first`);
  }
  return identity.client;
}

/** Admin, or the token of this very client. */
export function requireSelf(identity: Identity, run: string, client: string): void {
  if (identity.kind !== "admin" && requireClient(identity, run) !== client) {
    throw new EdgepropError("forbidden", `the token is not client "${client}"'s`);
  }
}
