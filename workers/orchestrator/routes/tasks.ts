import { Hono } from "hono";
import { EdgepropError } from "../../../src/errors.ts";
import type { ReportReply, SubmitReply, Task, TaskReply } from "../../../src/federated/index.ts";
import { routes } from "../../../src/protocol/index.ts";
import type { TaskMessage, UpdateReply } from "../../../src/protocol/index.ts";
import { readBytes, readJson } from "../../shared/bodies.ts";
import { requireClient, requireSelf } from "../auth.ts";
import { parseEvaluation, parseRound, parseShard, parseWaitMs } from "../schemas.ts";
import type { App } from "./app-types.ts";
import { limitJson, limitTensors } from "./limits.ts";
import { runObject } from "./run-object.ts";

/** A client's tasks, and what it sends of them. */
export function taskRoutes(): Hono<App> {
  const app = new Hono<App>();

  app.get("/:run/task", async (c) => {
    const run = c.req.param("run");
    const client = requireClient(c.get("identity"), run);
    const reply = await runObject(c.env, run).task(client, parseWaitMs(c.req.query("waitMs")));
    return taskResponse(reply, run, client);
  });

  app.put("/:run/rounds/:round/updates/:client", limitTensors, async (c) => {
    const { run, client } = c.req.param();
    if (requireClient(c.get("identity"), run) !== client) {
      throw new EdgepropError(
        "forbidden",
        `the token is not client "${client}"'s; a client submits under its own name`,
      );
    }
    const bytes = await readBytes(c.req.raw);
    const shard = parseShard(c.req.query("shard"));
    const round = parseRound(c.req.param("round"));
    return updateResponse(await runObject(c.env, run).submit(client, { round, shard, bytes }));
  });

  app.put("/:run/rounds/:round/evaluations/:client", limitJson, async (c) => {
    const { run, client } = c.req.param();
    requireSelf(c.get("identity"), run, client);
    const result = parseEvaluation(await readJson(c.req.raw));
    const round = parseRound(c.req.param("round"));
    return updateResponse(await runObject(c.env, run).report(client, { round, result }));
  });

  return app;
}

function taskResponse(reply: TaskReply, run: string, client: string): Response {
  switch (reply.status) {
    case "none":
      return new Response(null, { status: 204, headers: { "retry-after": "1" } });
    case "over":
      return Response.json(reply, { status: 410 });
    case "task":
      return Response.json(toMessage(reply.task, run, client));
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
function updateResponse(reply: SubmitReply | ReportReply): Response {
  switch (reply.status) {
    case "accepted":
      return Response.json({ status: "accepted" } satisfies UpdateReply, { status: 201 });
    case "duplicate":
      return Response.json(reply satisfies UpdateReply, { status: 200 });
    case "stale":
      return Response.json(reply satisfies UpdateReply, { status: 409 });
    case "rejected":
      return Response.json(reply satisfies UpdateReply, { status: 422 });
    default:
      return reply satisfies never;
  }
}
