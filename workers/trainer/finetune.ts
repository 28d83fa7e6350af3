import { z } from "zod";
import type { Dataset } from "../../src/data/index.ts";
import { EdgepropError } from "../../src/errors.ts";
import { paramsLayout } from "../../src/model/index.ts";
import { encodeParams, metricsHeader, safetensorsType } from "../../src/protocol/index.ts";
import type { ExamplesMetrics, FinetuneMetrics } from "../../src/protocol/index.ts";
import { decodeFrame, encodeSafetensors } from "../../src/safetensors/index.ts";
import { createTrainer, decodeCheckpoint, restoreTrainer } from "../../src/workerd.ts";
import type { ResumableTrainer } from "../../src/workerd.ts";
import { bindLoss } from "../../src/training/index.ts";
import { parseWith } from "../shared/parse.ts";
import { sets } from "./sets.ts";
import type { Finetuning } from "./finetune-request.ts";
import { naming } from "./naming.ts";

/** What a checkpoint of this call carries beside the trainer's own state. */
interface Origin {
  /** SHA-256 of the base params and of the examples: a call that continues must come with the same. */
  readonly params: string;
  readonly examples: string;
  readonly before: ExamplesMetrics;
}

const originSchema = z.object({
  params: z.string(),
  examples: z.string(),
  before: z.object({ loss: z.number(), accuracy: z.exactOptional(z.number()) }),
});

interface Opened {
  readonly trainer: ResumableTrainer;
  readonly origin: Origin;
  readonly stepsTaken: number;
}

/**
 * Trains until the steps are taken or the budget is used up, which what comes before counts against. A Worker's clock
 * stands still while it computes and moves when it waits: so it is read after a pause, and what other requests took
 * meanwhile counts too. At least one step is taken, so that calls in a row come to an end.
 */
export async function finetune(request: Finetuning): Promise<Response> {
  const startedAt = Date.now();
  const opened = await open(request);
  try {
    return await goOn(opened, request, startedAt);
  } finally {
    await opened.trainer.dispose();
  }
}

async function goOn(
  { trainer, origin, ...from }: Opened,
  request: Finetuning,
  startedAt: number,
): Promise<Response> {
  const { examples, steps, cpuBudgetMs } = request;
  await pause();
  const { steps: taken } = await trainer.train(examples, {
    maxSteps: steps - from.stepsTaken,
    cpuBudgetMs: Math.max(0, cpuBudgetMs - (Date.now() - startedAt)),
  });
  const stepsTaken = from.stepsTaken + taken;

  const progress = { stepsTaken, steps, before: origin.before };
  if (stepsTaken < steps) {
    const metrics: FinetuneMetrics = { status: "checkpoint", ...progress };
    return toAnswer(await toCheckpoint(trainer, origin, metrics), metrics, Date.now() - startedAt);
  }
  const after = await measure(trainer, examples);
  const metrics: FinetuneMetrics = { status: "done", ...progress, after };
  const body = await toParams(trainer, request, metrics);
  await pause();
  return toAnswer(body, metrics, Date.now() - startedAt);
}

async function pause(): Promise<void> {
  await scheduler.wait(0);
}

async function open(request: Finetuning): Promise<Opened> {
  const { model, checkpoint, examples, params, steps } = request;
  const digests = { params: await digest(params), examples: await digestOf(examples) };
  if (checkpoint === undefined) {
    const { loss, rule, optimizer, batchSize, seed, trainable } = request;
    const trainer = await createTrainer(model, { loss, rule, optimizer, batchSize, seed, trainable });
    try {
      await naming("params", async () => trainer.setParams(params));
      // Looks at every example before anything trains: what is wrong with one shows here.
      const before = await naming("examples", () => measure(trainer, examples));
      return { trainer, origin: { ...digests, before }, stepsTaken: 0 };
    } catch (error) {
      await trainer.dispose();
      throw error;
    }
  }
  return naming("checkpoint", async () => {
    const { stepsTaken, before } = checkOrigin(checkpoint, request, digests);
    if (stepsTaken >= steps)
      throw new EdgepropError("bad-request", `has ${stepsTaken} steps behind it; steps is ${steps}`);
    return {
      trainer: await restoreTrainer(checkpoint, { sets }),
      origin: { ...digests, before },
      stepsTaken,
    };
  });
}

/** Going on from it with anything else than it began with would end in bytes that no single call gives. */
function checkOrigin(
  bytes: Uint8Array,
  request: Finetuning,
  digests: Omit<Origin, "before">,
): { readonly stepsTaken: number; readonly before: ExamplesMetrics } {
  const { model, options, progress } = decodeCheckpoint(bytes, { sets });
  const origin = parseOrigin(decodeFrame(bytes).metadata["finetune"]);
  const { rule, optimizer, trainable } = options.learning;
  const began: Record<string, unknown> = {
    ...options,
    ...origin,
    model,
    trainable,
    loss: options.loss.spec,
    rule: rule.spec,
    optimizer: optimizer.spec,
  };
  const now: Record<string, unknown> = { ...request, loss: bindLoss(request.loss, sets).spec, ...digests };
  const fields = [
    "model",
    "loss",
    "trainable",
    "rule",
    "optimizer",
    "batchSize",
    "seed",
    "params",
    "examples",
  ];
  const changed = fields.find((field) => JSON.stringify(began[field]) !== JSON.stringify(now[field]));
  if (changed !== undefined) {
    throw new EdgepropError(
      "bad-request",
      `it began with another ${changed === "trainable" ? "choice of layers" : changed}; send the request that it is of`,
    );
  }
  return { stepsTaken: progress.stepsTaken, before: origin.before };
}

function parseOrigin(text: string | undefined): Origin {
  try {
    return parseWith(originSchema, JSON.parse(text ?? ""));
  } catch (cause) {
    throw new EdgepropError("bad-file", "it is not of a fine-tuning call", { cause });
  }
}

async function measure(trainer: ResumableTrainer, examples: Dataset): Promise<ExamplesMetrics> {
  const { loss, accuracy } = await trainer.evaluate(examples);
  return accuracy === undefined ? { loss } : { loss, accuracy };
}

async function toCheckpoint(
  trainer: ResumableTrainer,
  origin: Origin,
  metrics: FinetuneMetrics,
): Promise<Uint8Array> {
  const { tensors, metadata } = decodeFrame(await trainer.checkpoint());
  return encodeSafetensors({
    tensors,
    metadata: { ...metadata, finetune: JSON.stringify(origin), metrics: JSON.stringify(metrics) },
  });
}

async function toParams(
  trainer: ResumableTrainer,
  { model, params, answer, trainable }: Finetuning,
  metrics: FinetuneMetrics,
): Promise<Uint8Array> {
  const metadata = { metrics: JSON.stringify(metrics) };
  const layout = paramsLayout(model);
  if (answer === "params") return encodeParams(layout, await trainer.getParams(), metadata);
  const trained = model.placed
    .filter(({ index }) => trainable.includes(index))
    .flatMap((layer) => layer.params.map(({ name }) => name));
  return encodeParams(
    layout.filter(({ name }) => trained.includes(name)),
    await trainer.getDelta(params),
    metadata,
  );
}

/** What was measured of this call stands in the header alone: the body depends on the request and nothing else. */
function toAnswer(body: Uint8Array, metrics: FinetuneMetrics, cpuMs: number): Response {
  return new Response(new Uint8Array(body), {
    headers: { "content-type": safetensorsType, [metricsHeader]: JSON.stringify({ ...metrics, cpuMs }) },
  });
}

async function digestOf({ inputs, targets, inputScale, inputSize }: Dataset): Promise<string> {
  const form = JSON.stringify([inputs.constructor.name, targets.constructor.name, inputScale, inputSize]);
  return [form, await digest(inputs), await digest(targets)].join(" ");
}

async function digest(values: Float32Array | Int32Array | Uint8Array): Promise<string> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
