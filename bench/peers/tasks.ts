import { CannotRun } from "./peer.ts";
import { comparedSteps } from "../problems/agreement.ts";
import { startStopwatch } from "../timing/interleave.ts";
import type { CreateTrainingPeer } from "./peer.ts";
import { createPeakKernel } from "../timing/peak.ts";
import { createProductProblem, productError } from "../problems/products.ts";
import type { Product, ProductProblem } from "../problems/products.ts";
import { createTrainingProblem } from "../problems/problems.ts";
import type { TrainingCase } from "../problems/problems.ts";

/** What a competitor's process is asked to get ready. Plain JSON. */
export type TaskSpec =
  | StepTaskSpec
  | { readonly kind: "product"; readonly product: Product }
  | { readonly kind: "peak" };

export interface StepTaskSpec {
  readonly kind: "step";
  readonly training: TrainingCase;
  /** How long the compared steps may take; the first one is always taken. */
  readonly checkMs: number;
}

/** Ready to be timed. */
export interface Task {
  /** Losses after the compared steps, or the product's error: for the parent to judge. */
  readonly check: readonly number[];
  readonly operation: () => unknown;
  /** How long the compared operations took each: for operations that are too long to be repeated. */
  readonly operationMs?: number;
  /** Floating-point operations of one `operation`, where the parent cannot know them. */
  readonly flops?: number;
  readonly note?: string;
}

/** Products of a library: `run` computes C, `read` copies it out. */
interface ProductPeer {
  run(): unknown;
  read(): ArrayLike<number> | Promise<ArrayLike<number>>;
  readonly note?: string;
}
export type CreateProductPeer = (problem: ProductProblem) => ProductPeer | Promise<ProductPeer>;

/** What a competitor's process can do. */
export interface Peers {
  readonly training?: CreateTrainingPeer;
  readonly product?: CreateProductPeer;
}

export async function createTask(spec: TaskSpec, { training, product }: Peers): Promise<Task> {
  switch (spec.kind) {
    case "step":
      if (training === undefined) throw new CannotRun("it does not train");
      return createStepTask(spec, training);
    case "product":
      if (product === undefined) throw new CannotRun("it has no matrix product to time");
      return createProductTask(spec.product, product);
    case "peak": {
      const { run, flops } = await createPeakKernel();
      return { check: [], operation: run, flops };
    }
    default:
      return spec satisfies never;
  }
}

/** Takes the compared steps, as many of them as `checkMs` allows; timing goes on from there. */
async function createStepTask(
  { training, checkMs }: StepTaskSpec,
  create: CreateTrainingPeer,
): Promise<Task> {
  const peer = await create(createTrainingProblem(training));
  const begin = performance.now();
  const elapsed = startStopwatch();
  const check: number[] = [];
  let steps = 0;
  const operation = (): unknown => peer.step(steps++ % training.numBatches);
  while (check.length < comparedSteps.length) {
    await operation();
    if (steps === comparedSteps[check.length]) check.push(await peer.loss());
    if (performance.now() - begin > checkMs) break;
  }
  return { check, operationMs: elapsed() / steps, operation };
}

async function createProductTask(product: Product, create: CreateProductPeer): Promise<Task> {
  const problem = createProductProblem(product);
  const peer = await create(problem);
  await peer.run();
  const task = { check: [productError(problem, await peer.read())], operation: () => peer.run() };
  return peer.note === undefined ? task : { ...task, note: peer.note };
}
