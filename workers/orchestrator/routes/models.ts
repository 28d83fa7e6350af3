import { Hono } from "hono";
import { EdgepropError } from "../../../src/errors.ts";
import { safetensorsType } from "../../../src/protocol/index.ts";
import { requireMember } from "../auth.ts";
import { parseRound } from "../schemas.ts";
import type { App } from "./app-types.ts";
import { requireRun, runObject } from "./run-object.ts";

/** Params of a round, and the model after the last closed one, as safetensors files. */
export function modelRoutes(): Hono<App> {
  const app = new Hono<App>();

  app.get("/:run/rounds/:round/params", async (c) => {
    const run = c.req.param("run");
    const identity = c.get("identity");
    requireMember(identity, run);
    const round = parseRound(c.req.param("round"));
    const etag = `"${run}-${round}"`;
    if (c.req.header("if-none-match") === etag) return c.body(null, 304);
    await requireRun(c.env, run);
    const bytes = await runObject(c.env, run).params(round, identity.kind === "client");
    if (bytes === null)
      throw new EdgepropError("not-found", `round ${round} of run ${run} has no params (yet, or any more)`);
    return tensorResponse(bytes, { etag, "cache-control": "private, max-age=31536000, immutable" });
  });

  app.get("/:run/model", async (c) => {
    const run = c.req.param("run");
    requireMember(c.get("identity"), run);
    const format = c.req.query("format") ?? "safetensors";
    if (format !== "safetensors")
      throw new EdgepropError("bad-request", `format is "${format}"; expected safetensors`);
    await requireRun(c.env, run);
    const bytes = await runObject(c.env, run).model();
    if (bytes === null) throw new EdgepropError("not-found", `run ${run} has no params`);
    return tensorResponse(bytes, { "content-disposition": `attachment; filename="${run}.safetensors"` });
  });

  return app;
}

function tensorResponse(bytes: Uint8Array, headers: Record<string, string>): Response {
  return new Response(bytes, { headers: { "content-type": safetensorsType, ...headers } });
}
