import { z } from "zod";
import type { EvaluationResult } from "../../src/federated/index.ts";
import { clientNamePattern, runActions } from "../../src/protocol/index.ts";
import type { CreateRunRequest, JoinRequest } from "../../src/protocol/index.ts";
import { parseWith } from "../shared/parse.ts";
import type { RunSets } from "../../src/federated/index.ts";
import { count, trainingSchemas } from "../shared/training-schemas.ts";

/** How a client computes. */
const backends = ["wasm", "webgpu", "other"] as const;

const named = z.looseObject({ name: z.string().max(64) });

function createRunSchema(sets: RunSets) {
  const { model, loss, rule, optimizer } = trainingSchemas(sets);
  return z.strictObject({
    mode: z.enum(["federated", "minibatch"]).optional(),
    minibatch: z
      .strictObject({ exchange: z.enum(["direction", "statistics"]), numExamples: count(2 ** 31) })
      .optional(),
    evaluation: z
      .strictObject({
        everyRounds: count(1_000_000).default(1),
        requires: z.strictObject({ backend: z.enum(backends).optional() }).default({}),
      })
      .optional(),
    model,
    loss,
    training: z.strictObject({
      rule,
      optimizer,
      batchSize: count(65_536).default(32),
      localEpochs: count(10_000).default(1),
    }),
    // Their options are their own to check: createRunSpec knows the sets.
    strategy: named.optional(),
    filters: z.array(named).max(16).optional(),
    rounds: count(1_000_000),
    cohortSize: count(1_000),
    overselection: z.int().min(0).max(1_000).optional(),
    minUpdates: count(1_000).optional(),
    roundTimeoutMs: count(7 * 24 * 3_600_000).optional(),
    leaseMs: count(24 * 3_600_000).optional(),
    maxExtensions: z.int().min(0).max(1_000).optional(),
    maxExamples: count(2 ** 24).optional(),
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .optional(),
  });
}

const join = z.strictObject({
  name: z.string().regex(clientNamePattern, `expected ${clientNamePattern}`).optional(),
  secret: z.string().min(16).max(256).optional(),
  backend: z.enum(backends).default("other"),
});

/** Absent options stay absent, so that spreading over the defaults keeps these. */
function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}

export function parseCreateRun(body: unknown, sets: RunSets): CreateRunRequest {
  return withoutUndefined(parseWith(createRunSchema(sets), body)) as CreateRunRequest;
}

const evaluation = z.strictObject({
  loss: z.number(),
  accuracy: z.number().min(0).max(1).optional(),
  numExamples: count(2 ** 31),
});

export function parseEvaluation(body: unknown): EvaluationResult {
  return withoutUndefined(parseWith(evaluation, body)) as EvaluationResult;
}

export function parseJoin(body: unknown): JoinRequest {
  return withoutUndefined(parseWith(join, body)) as JoinRequest;
}

export const parseAction = (action: unknown) => parseWith(z.enum(runActions), action);
export const parseRound = (round: unknown) => parseWith(z.coerce.number().int().min(1), round);
/** null where absent. */
export const parseShard = (shard: unknown) =>
  shard === undefined ? null : parseWith(z.coerce.number().int().min(0), shard);
export const parseWaitMs = (waitMs: unknown) =>
  parseWith(z.coerce.number().int().min(0).max(60_000), waitMs ?? 0);
