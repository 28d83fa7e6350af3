import { Hono } from "hono";
import { z } from "zod";
import { EdgepropError } from "../../src/errors.ts";
import { clientNamePattern, decodeDataset } from "../../src/protocol/index.ts";
import { limitBody, readBytes, readJson } from "../shared/bodies.ts";
import { parseWith } from "../shared/parse.ts";
import { toProblem } from "../shared/problems.ts";
import { bearerToken, isSameSecret, requireSecret } from "../shared/secrets.ts";
import { datasetKey } from "./bucket-source.ts";
import type { EdgeClient } from "./edge-client.ts";
import { readFinetune } from "./finetune-request.ts";
import { finetune } from "./finetune.ts";
import { predict, readPredict } from "./predict.ts";
import { maxCallBytes } from "./request-parts.ts";

const maxJsonBytes = 100_000;
/** Held in memory once, on its way to the bucket. */
const maxBucketBytes = 64 * 1024 * 1024;
/** Held in memory on its way to the client's storage. */
const maxDatasetBytes = 64 * 1024 * 1024;

const assignment = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  run: z.string().min(1).max(64),
  joinToken: z.string().min(1).max(4096),
  dataset: z.string().regex(clientNamePattern, `expected ${clientNamePattern}`).optional(),
});

const name = z.string().regex(clientNamePattern, `expected ${clientNamePattern}`);

/** The operator's side of an edge client (give it data, let it join a run, see what it does), and the calls that train at once. */
export function createApp(): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>();
  app.onError((error) => toProblem(error));
  app.notFound((c) => toProblem(new EdgepropError("not-found", `no route ${c.req.method} ${c.req.path}`)));

  app.get("/healthz", (c) => c.json({ status: "ok" }));

  app.use("/v1/*", async (c, next) => {
    const token = bearerToken(c.req.header("authorization"));
    if (!(await isSameSecret(token, requireSecret(c.env.TRAINER_TOKEN, "TRAINER_TOKEN")))) {
      throw new EdgepropError("unauthorized", "the token is not this trainer's");
    }
    await next();
  });

  app.put("/v1/datasets/:name", limitBody(maxBucketBytes), async (c) => {
    const key = datasetKey(parseWith(name, c.req.param("name")));
    const bytes = await readBytes(c.req.raw);
    const { numExamples, inputSize } = decodeDataset(bytes, { convert: false });
    await c.env.DATA.put(key, bytes);
    return c.json({ numExamples, inputSize }, 201);
  });

  app.put("/v1/clients/:client/dataset", limitBody(maxDatasetBytes), async (c) => {
    const client = edgeClient(c.env, c.req.param("client"));
    const bytes = await readBytes(c.req.raw);
    const { numExamples, inputSize } = decodeDataset(bytes, { convert: false });
    if (numExamples === 0)
      throw new EdgepropError("bad-shape", "the dataset has no examples; expected at least one");
    // Not by a method: those carry at most 32 MiB.
    await client.fetch("http://edge-client/dataset", { method: "PUT", body: bytes });
    return c.json({ numExamples, inputSize }, 201);
  });

  app.post("/v1/clients/:client/join", limitBody(maxJsonBytes), async (c) => {
    const client = c.req.param("client");
    const { dataset, ...place } = parseWith(assignment, await readJson(c.req.raw));
    if (dataset !== undefined && (await c.env.DATA.head(datasetKey(dataset))) === null) {
      throw new EdgepropError("not-found", `no dataset "${dataset}"; PUT /v1/datasets/${dataset} first`);
    }
    const source = dataset === undefined ? {} : { dataset };
    const isReady = await edgeClient(c.env, client).assign({ ...place, ...source, name: client });
    if (!isReady)
      throw new EdgepropError(
        "conflict",
        `client "${client}" has no dataset; PUT /v1/clients/${client}/dataset first`,
      );
    return c.json({ client, run: place.run }, 202);
  });

  app.post("/v1/finetune", limitBody(maxCallBytes), async (c) => finetune(await readFinetune(c.req.raw)));

  app.post("/v1/predict", limitBody(maxCallBytes), async (c) =>
    c.json(await predict(await readPredict(c.req.raw))),
  );

  app.get("/v1/clients/:client", async (c) =>
    c.json(await edgeClient(c.env, c.req.param("client")).status()),
  );

  return app;
}

function edgeClient(env: Env, client: string): DurableObjectStub<EdgeClient> {
  return env.EDGE_CLIENT.get(env.EDGE_CLIENT.idFromName(parseWith(name, client)));
}
