import { Hono } from "hono";
import { requireMember } from "../auth.ts";
import type { App } from "./app-types.ts";
import { requireRun, runObject } from "./run-object.ts";

/** What happens in a run, as Server-Sent Events. */
export function eventRoutes(): Hono<App> {
  const app = new Hono<App>();

  app.get("/:run/events", async (c) => {
    const run = c.req.param("run");
    requireMember(c.get("identity"), run);
    await requireRun(c.env, run);
    return runObject(c.env, run).fetch(c.req.raw);
  });

  return app;
}
