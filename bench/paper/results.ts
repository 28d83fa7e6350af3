import { mkdir, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EdgepropError } from "../../src/errors.ts";
import { replaceFile } from "../command/replace-file.ts";
import { allSamples, defaultSeed, modelNames, paperLearningRate, paperTau, ruleNames } from "./settings.ts";
import type { Setting } from "./settings.ts";

const settingSchema = z.object({
  model: z.enum(modelNames),
  rule: z.enum(ruleNames),
  epochs: z.number(),
  samples: z.number(),
  width: z.number(),
  seed: z.number(),
  learningRate: z.number(),
  tau: z.exactOptional(z.number()),
});

const evaluationSchema = z.object({ epoch: z.number(), loss: z.number(), accuracy: z.number() });

const resultSchema = z.object({
  setting: settingSchema,
  /** What the trainer was made with: ModelSpec and TrainerOptions. */
  made: z.object({ model: z.unknown(), options: z.unknown() }),
  machine: z.object({ cpu: z.string(), cores: z.number(), node: z.string(), kernels: z.string() }),
  epochs: z.array(
    z.object({
      epoch: z.number(),
      /** Mean of the losses of the epoch's steps, each before its step. */
      stepLoss: z.number(),
      /** The loss over all training examples after the epoch: the paper's full batch loss. */
      trainingLoss: z.number(),
      validationLoss: z.number(),
      validationAccuracy: z.number(),
      /** Training alone, from the start: of the process, and on the clock. */
      cpuSeconds: z.number(),
      wallSeconds: z.number(),
    }),
  ),
  /** Why training stopped early. */
  diverged: z.exactOptional(z.string()),
  /** Absent while training goes on. */
  test: z.exactOptional(z.object({ atBestValidation: evaluationSchema, atLastEpoch: evaluationSchema })),
});

export type Result = z.infer<typeof resultSchema>;
export type EpochNumbers = Result["epochs"][number];

/** What differs from the paper's data and model: results that agree in it stand in one plot. */
export function configurationSuffix({ samples, width }: Pick<Setting, "samples" | "width">): string {
  return `${width === 1 ? "" : `-w${width}`}${samples === allSamples ? "" : `-n${samples}`}`;
}

/** What differs from the paper's settings of the rule: several of them may stand in one plot. */
export function variation({ model, rule, learningRate, tau, seed }: Setting): readonly string[] {
  const paper = { learningRate: paperLearningRate(model, rule), tau: paperTau(model) };
  return [
    ...(learningRate === paper.learningRate ? [] : [`lr${learningRate}`]),
    ...(tau === undefined || tau === paper.tau ? [] : [`tau${tau}`]),
    ...(seed === defaultSeed ? [] : [`seed${seed}`]),
  ];
}

export function resultFile(setting: Setting): string {
  const parts = [
    `paper-${setting.model}-${setting.rule}${configurationSuffix(setting)}`,
    ...variation(setting),
  ];
  return `${parts.join("-")}.json`;
}

export async function writeResult(folder: string, result: Result): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, resultFile(result.setting));
  await replaceFile(path, `${JSON.stringify(result, null, 2)}\n`);
  return path;
}

/** All results of the same model, width and number of examples, in the order of the rules. */
export async function readResultsLike(folder: string, setting: Setting): Promise<readonly Result[]> {
  const files = (await readdir(folder)).filter((file) => /^paper-(?!table).*\.json$/.test(file)).toSorted();
  const all = await Promise.all(files.map((file) => readResult(join(folder, file))));
  return all
    .filter(
      ({ setting: { model, width, samples } }) =>
        model === setting.model && width === setting.width && samples === setting.samples,
    )
    .toSorted((a, b) => ruleNames.indexOf(a.setting.rule) - ruleNames.indexOf(b.setting.rule));
}

async function readResult(path: string): Promise<Result> {
  const parsed = resultSchema.safeParse(JSON.parse(await readFile(path, "utf8")));
  if (parsed.success) return parsed.data;
  throw new EdgepropError(
    "bad-file",
    `${path} is no result of this benchmark: ${z.prettifyError(parsed.error)}`,
  );
}
