import { Hono } from "hono";
import { EdgepropError } from "../../src/errors.ts";
import type { RunSets } from "../../src/federated/index.ts";
import { toProblem } from "../shared/problems.ts";
import { authenticate } from "./auth.ts";
import type { App } from "./routes/app-types.ts";
import { clientRoutes } from "./routes/clients.ts";
import { eventRoutes } from "./routes/events.ts";
import { modelRoutes } from "./routes/models.ts";
import { runRoutes } from "./routes/runs.ts";
import { taskRoutes } from "./routes/tasks.ts";

/** The routes of the orchestrator, by resource: token, schema, one call to the run's object, answer. */
export function createApp(sets: RunSets): Hono<App> {
  const app = new Hono<App>();
  app.onError((error) => toProblem(error));
  app.notFound((c) => toProblem(new EdgepropError("not-found", `no route ${c.req.method} ${c.req.path}`)));

  app.get("/healthz", (c) => c.json({ status: "ok" }));

  app.use("/v1/*", async (c, next) => {
    c.set("identity", await authenticate(c.env, c.req.header("authorization")));
    await next();
  });
  for (const routes of [runRoutes(sets), clientRoutes(), taskRoutes(), modelRoutes(), eventRoutes()])
    app.route("/v1/runs", routes);

  return app;
}
