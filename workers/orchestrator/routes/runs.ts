import { Hono } from "hono";
import { EdgepropError } from "../../../src/errors.ts";
import { createRunSpec } from "../../../src/federated/index.ts";
import type { RunSets } from "../../../src/federated/index.ts";
import { toModel } from "../../../src/model/index.ts";
import { routes } from "../../../src/protocol/index.ts";
import type { RunView } from "../../../src/protocol/index.ts";
import { readJson } from "../../shared/bodies.ts";
import { createJoinToken, requireAdmin, requireMember } from "../auth.ts";
import type { Directory } from "../directory.ts";
import { parseAction, parseCreateRun } from "../schemas.ts";
import type { App } from "./app-types.ts";
import { limitJson } from "./limits.ts";
import { requireAccepted, requireRun, requireView, runObject } from "./run-object.ts";

const maxParams = 8_000_000;
const listedRuns = 100;

/** The operator's side of a run: creating, listing, showing, starting, pausing, stopping. */
export function runRoutes(sets: RunSets): Hono<App> {
  const app = new Hono<App>();

  app.post("/", limitJson, async (c) => {
    requireAdmin(c.get("identity"));
    const spec = createRunSpec(parseCreateRun(await readJson(c.req.raw), sets), sets);
    const { numParams } = toModel(spec.model, sets);
    if (numParams > maxParams) {
      throw new EdgepropError(
        "too-large",
        `the model has ${numParams} params; at most ${maxParams} are supported`,
      );
    }
    const run = `r${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
    const view = await runObject(c.env, run).create(run, spec);
    await directory(c.env).add(run, Date.now());
    const { joinToken } = await createJoinToken(c.env, run);
    c.header("location", routes.run(run));
    return c.json({ ...view, joinToken }, 201);
  });

  app.get("/", async (c) => {
    requireAdmin(c.get("identity"));
    const runs = await directory(c.env).list(listedRuns);
    const views = await Promise.all(runs.map((run) => runObject(c.env, run).view()));
    return c.json({ runs: views.filter((view) => view !== null).map(toListed) });
  });

  app.get("/:run", async (c) => {
    const run = c.req.param("run");
    requireMember(c.get("identity"), run);
    return c.json(await requireView(c.env, run));
  });

  app.post("/:run/actions/:action", async (c) => {
    requireAdmin(c.get("identity"));
    const action = parseAction(c.req.param("action"));
    const run = c.req.param("run");
    await requireRun(c.env, run);
    requireAccepted(await runObject(c.env, run).act(action));
    return c.json(await requireView(c.env, run));
  });

  app.post("/:run/join-tokens", async (c) => {
    requireAdmin(c.get("identity"));
    const run = c.req.param("run");
    await requireRun(c.env, run);
    return c.json(await createJoinToken(c.env, run), 201);
  });

  return app;
}

function directory(env: Env): DurableObjectStub<Directory> {
  return env.DIRECTORY.get(env.DIRECTORY.idFromName("all"));
}

function toListed({ run, phase, numClients, current, history }: RunView): object {
  return { run, phase, numClients, round: current?.round ?? null, rounds: history.length };
}
