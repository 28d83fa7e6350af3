import { prepare } from "../../../src/cli/prepare.ts";
import { startLocalRuntime } from "../../../src/cli/local/local-runtime.ts";
import type { LocalRuntime } from "../../../src/cli/local/local-runtime.ts";

export const secrets = {
  adminToken: "admin-token-of-the-tests",
  tokenSecret: "token-secret-of-the-tests",
  trainerToken: "trainer-token-of-the-tests",
};

/** The real orchestrator and trainers in local workerd, on free ports. */
export async function startRuntime(edgeProcesses = 1): Promise<LocalRuntime> {
  await prepare();
  return startLocalRuntime({ port: 0, edgeProcesses, secrets });
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
  /** The body as JSON; only for answers that are. */
  json(): unknown;
}

/** One HTTP request, written out as a foreign client would. */
export async function http(
  method: string,
  url: string,
  { token, json, bytes }: { token?: string; json?: unknown; bytes?: Uint8Array } = {},
): Promise<Answer> {
  const headers = new Headers();
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (json !== undefined) headers.set("content-type", "application/json");
  const body =
    json === undefined ? (bytes === undefined ? undefined : new Uint8Array(bytes)) : JSON.stringify(json);
  const response = await fetch(url, body === undefined ? { method, headers } : { method, headers, body });
  const answer = new Uint8Array(await response.arrayBuffer());
  return {
    status: response.status,
    type: response.headers.get("content-type") ?? "",
    body: answer,
    json: () => JSON.parse(new TextDecoder().decode(answer)) as unknown,
  };
}
