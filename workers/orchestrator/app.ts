import { Hono } from "hono";
import { EdgepropError } from "../../src/errors.ts";
import { createRunSpec } from "../../src/federated/index.ts";
import type { Reply, Task } from "../../src/federated/index.ts";
import { countParams } from "../../src/model/index.ts";
import { routes, safetensorsType } from "../../src/protocol/index.ts";
import type { RunView, TaskMessage, UpdateReply } from "../../src/protocol/index.ts";
import {
  authenticate,
  createClientToken,
  createJoinToken,
  requireAdmin,
  requireClient,
  requireMember,
} from "./auth.ts";
import type { Identity } from "./auth.ts";
import type { Directory } from "./directory.ts";
import type { Run } from "./run.ts";
import { limitBody, readBytes, readJson } from "../shared/bodies.ts";
import { toProblem } from "../shared/problems.ts";
import { sha256Hex } from "../shared/secrets.ts";
import {
  parseAction,
  parseCreateRun,
  parseEvaluation,
  parseJoin,
  parseRound,
  parseShard,
  parseWaitMs,
} from "./schemas.ts";

const maxJsonBytes = 1_000_000;
/** A call to a Durable Object carries at most 32 MiB: what fits bounds the model. */
const maxUpdateBytes = 31 * 1024 * 1024;
const maxParams = 8_000_000;
const listedRuns = 100;

interface App {
  Bindings: Env;
  Variables: { identity: Identity };
}

/** The routes of the orchestrator: token, schema, one call to the run's object, answer. */
export function createApp(): Hono<App> {
  const app = new Hono<App>();
  app.onError((error) => toProblem(error));
  app.notFound((c) => toProblem(new EdgepropError("not-found", `no route ${c.req.method} ${c.req.path}`)));

  app.get("/healthz", (c) => c.json({ status: "ok" }));

  app.use("/v1/*", async (c, next) => {
    c.set("identity", await authenticate(c.env, c.req.header("authorization")));
    await next();
  });
  const json = limitBody(maxJsonBytes);
  const tensors = limitBody(maxUpdateBytes);

  app.post("/v1/runs", json, async (c) => {
    requireAdmin(c.get("identity"));
    const spec = createRunSpec(parseCreateRun(await readJson(c.req.raw)));
    const numParams = countParams(spec.model);
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

  app.get("/v1/runs", async (c) => {
    requireAdmin(c.get("identity"));
    const runs = await directory(c.env).list(listedRuns);
    const views = await Promise.all(runs.map((run) => runObject(c.env, run).view()));
    return c.json({ runs: views.filter((view) => view !== null).map(toListed) });
  });

  app.get("/v1/runs/:run", async (c) => {
    const run = c.req.param("run");
    requireMember(c.get("identity"), run);
    return c.json(await requireView(c.env, run));
  });

  app.post("/v1/runs/:run/actions/:action", async (c) => {
    requireAdmin(c.get("identity"));
    const action = parseAction(c.req.param("action"));
    const run = c.req.param("run");
    await requireRun(c.env, run);
    refuseToThrow(await runObject(c.env, run).act(action));
    return c.json(await requireView(c.env, run));
  });

  app.post("/v1/runs/:run/join-tokens", async (c) => {
    requireAdmin(c.get("identity"));
    const run = c.req.param("run");
    await requireRun(c.env, run);
    return c.json(await createJoinToken(c.env, run), 201);
  });

  app.post("/v1/runs/:run/clients", json, async (c) => {
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
    const joined = await runObject(c.env, run).join(
      client,
      await sha256Hex(secret ?? crypto.randomUUID()),
      backend,
    );
    refuseToThrow(joined);
    return c.json({ client, token: await createClientToken(c.env, run, client) }, 201);
  });

  app.delete("/v1/runs/:run/clients/:client", async (c) => {
    const { run, client } = c.req.param();
    requireSelf(c.get("identity"), run, client);
    refuseToThrow(await runObject(c.env, run).leave(client));
    return c.body(null, 204);
  });

  app.get("/v1/runs/:run/task", async (c) => {
    const run = c.req.param("run");
    const client = requireClient(c.get("identity"), run);
    const reply = await runObject(c.env, run).task(client, parseWaitMs(c.req.query("waitMs")));
    return taskResponse(reply, run, client);
  });

  app.get("/v1/runs/:run/rounds/:round/params", async (c) => {
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

  app.put("/v1/runs/:run/rounds/:round/updates/:client", tensors, async (c) => {
    const { run, client } = c.req.param();
    if (requireClient(c.get("identity"), run) !== client) {
      throw new EdgepropError(
        "forbidden",
        `the token is not client "${client}"'s; a client submits under its own name`,
      );
    }
    const bytes = await readBytes(c.req.raw);
    const shard = parseShard(c.req.query("shard"));
    const reply = await runObject(c.env, run).submit(client, parseRound(c.req.param("round")), shard, bytes);
    return updateResponse(reply);
  });

  app.put("/v1/runs/:run/rounds/:round/evaluations/:client", json, async (c) => {
    const { run, client } = c.req.param();
    requireSelf(c.get("identity"), run, client);
    const result = parseEvaluation(await readJson(c.req.raw));
    return updateResponse(
      await runObject(c.env, run).report(client, parseRound(c.req.param("round")), result),
    );
  });

  app.get("/v1/runs/:run/model", async (c) => {
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

  app.get("/v1/runs/:run/events", async (c) => {
    const run = c.req.param("run");
    requireMember(c.get("identity"), run);
    await requireRun(c.env, run);
    return runObject(c.env, run).fetch(c.req.raw);
  });

  return app;
}

function runObject(env: Env, run: string): DurableObjectStub<Run> {
  return env.RUN.get(env.RUN.idFromName(run));
}

function directory(env: Env): DurableObjectStub<Directory> {
  return env.DIRECTORY.get(env.DIRECTORY.idFromName("all"));
}

async function requireView(env: Env, run: string): Promise<RunView> {
  const view = await runObject(env, run).view();
  if (view === null) throw unknownRun(run);
  return view;
}

async function requireRun(env: Env, run: string): Promise<void> {
  if (!(await runObject(env, run).exists())) throw unknownRun(run);
}

function unknownRun(run: string): EdgepropError {
  return new EdgepropError("not-found", `no run "${run}"`);
}

function toListed({ run, phase, numClients, current, history }: RunView): object {
  return { run, phase, numClients, round: current?.round ?? null, rounds: history.length };
}

function requireSelf(identity: Identity, run: string, client: string): void {
  if (identity.kind !== "admin" && requireClient(identity, run) !== client) {
    throw new EdgepropError("forbidden", `the token is not client "${client}"'s`);
  }
}

function refuseToThrow(reply: { readonly status: string; readonly reason?: string }): void {
  if (reply.status === "refused")
    throw new EdgepropError("conflict", reply.reason ?? "the run does not allow this now");
}

function taskResponse(reply: Reply, run: string, client: string): Response {
  switch (reply.status) {
    case "none":
      return new Response(null, { status: 204, headers: { "retry-after": "1" } });
    case "over":
      return Response.json(reply, { status: 410 });
    case "task":
      return Response.json(toMessage(reply.task, run, client));
    case "done":
    case "accepted":
    case "duplicate":
    case "stale":
    case "rejected":
    case "refused":
      throw new Error(`a client that asked for a task was answered with ${reply.status}`);
    default:
      return reply satisfies never;
  }
}

/** The params of a training task are those its round starts from, of an evaluation those its round ended with. */
function toMessage(task: Task, run: string, client: string): TaskMessage {
  const { round } = task;
  if (task.kind === "evaluate") {
    return {
      ...task,
      paramsPath: routes.params(run, round + 1),
      resultPath: routes.evaluation(run, round, client),
    };
  }
  const updatePath = routes.update(run, round, client, task.shard?.index);
  return { ...task, paramsPath: routes.params(run, round), updatePath };
}

/** accepted 201, duplicate 200, stale 409, rejected 422: a client that only reads status codes does the right thing. */
function updateResponse(reply: Reply): Response {
  switch (reply.status) {
    case "accepted":
      return Response.json(reply satisfies UpdateReply, { status: 201 });
    case "duplicate":
      return Response.json(reply satisfies UpdateReply, { status: 200 });
    case "stale":
      return Response.json(reply satisfies UpdateReply, { status: 409 });
    case "rejected":
      return Response.json(reply satisfies UpdateReply, { status: 422 });
    case "done":
    case "refused":
    case "none":
    case "over":
    case "task":
      throw new Error(`an update was answered with ${reply.status}`);
    default:
      return reply satisfies never;
  }
}

function tensorResponse(bytes: Uint8Array, headers: Record<string, string>): Response {
  return new Response(bytes, { headers: { "content-type": safetensorsType, ...headers } });
}
