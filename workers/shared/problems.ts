import { HTTPException } from "hono/http-exception";
import { errorCode } from "../../src/errors.ts";
import type { ErrorCode } from "../../src/errors.ts";
import type { Problem } from "../../src/protocol/index.ts";

const problems: Partial<Record<ErrorCode, { status: number; title: string }>> = {
  "bad-request": { status: 400, title: "Bad request" },
  "bad-option": { status: 400, title: "Bad request" },
  "bad-shape": { status: 400, title: "Bad request" },
  "bad-file": { status: 400, title: "Bad request" },
  "bad-label": { status: 400, title: "Bad request" },
  "non-finite": { status: 400, title: "Bad request" },
  unsupported: { status: 400, title: "Not supported" },
  unauthorized: { status: 401, title: "Unauthorized" },
  forbidden: { status: 403, title: "Forbidden" },
  "not-found": { status: 404, title: "Not found" },
  conflict: { status: 409, title: "Conflict" },
  "too-large": { status: 413, title: "Too large" },
  "out-of-memory": { status: 413, title: "Too large" },
  unreachable: { status: 502, title: "Bad gateway" },
};

/** The one place where errors become responses (RFC 9457); what is not ours is a 500 that tells nothing of the inside. */
export function toProblem(error: unknown): Response {
  const code = errorCode(error);
  const known = code === undefined ? undefined : problems[code];
  if (code !== undefined && known !== undefined && error instanceof Object && "message" in error) {
    return problemResponse(code, known.status, known.title, String(error.message));
  }
  if (error instanceof HTTPException)
    return problemResponse("bad-request", error.status, "Bad request", error.message);
  console.error(error);
  return problemResponse("runtime-failed", 500, "Internal error", "the Worker failed; try again");
}

function problemResponse(code: ErrorCode, status: number, title: string, detail: string): Response {
  const problem: Problem = { type: `urn:edgeprop:problem:${code}`, title, status, detail, code };
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  if (status === 401) headers["www-authenticate"] = 'Bearer realm="edgeprop"';
  return new Response(JSON.stringify(problem), { status, headers });
}
