import { Hono } from "hono";
import { EdgepropError } from "../../../src/errors.ts";
import { readJson } from "../../shared/bodies.ts";
import { sha256Hex } from "../../shared/secrets.ts";
import { createClientToken, requireMember, requireSelf } from "../auth.ts";
import { parseJoin } from "../schemas.ts";
import type { App } from "./app-types.ts";
import { limitJson } from "./limits.ts";
import { requireAccepted, requireRun, runObject } from "./run-object.ts";

/** Joining a run and leaving it. */
export function clientRoutes(): Hono<App> {
  const app = new Hono<App>();

  app.post("/:run/clients", limitJson, async (c) => {
    const run = c.req.param("run");
    const identity = c.get("identity");
    requireMember(identity, run);
    const { name, secret, backend = "other" } = parseJoin(await readJson(c.req.raw));
    if (identity.kind === "client" && identity.client !== name) {
      throw new EdgepropError(
        "forbidden",
        `the token is client "${identity.client}"'s; it cannot join as another`,
      );
    }
    await requireRun(c.env, run);
    const client = name ?? `c${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
    const secretDigest = await sha256Hex(secret ?? crypto.randomUUID());
    requireAccepted(await runObject(c.env, run).join(client, { secretDigest, backend }));
    return c.json({ client, token: await createClientToken(c.env, run, client) }, 201);
  });

  app.delete("/:run/clients/:client", async (c) => {
    const { run, client } = c.req.param();
    requireSelf(c.get("identity"), run, client);
    requireAccepted(await runObject(c.env, run).leave(client));
    return c.body(null, 204);
  });

  return app;
}
