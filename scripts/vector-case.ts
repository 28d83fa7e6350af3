/** Runs golden cases (one step, or a trajectory of steps) through the public API; nothing here needs a platform. */
import type {
  Batch,
  KnownOptimizer,
  LossName,
  ModelSpec,
  Trainer,
  TrainerOptions,
  RuleSpec,
} from "../src/index.ts";
import {
  adagrad,
  adam,
  adamw,
  backprop,
  errorCode,
  losses,
  momentum,
  nesterov,
  paramsLayout,
  parseModelSpec,
  proxProp,
  rmsprop,
  sgd,
} from "../src/index.ts";

export interface CaseResult {
  readonly name: string;
  readonly status: "passed" | "failed" | "unsupported";
  /** Over all tensors; null when nothing could be compared. */
  readonly maxRelativeError: number | null;
}

export type CreateTrainer = (model: ModelSpec, options: TrainerOptions) => Promise<Trainer>;

interface LayerTensors {
  readonly weights: readonly number[];
  readonly bias: readonly number[];
}

interface CaseBatch {
  readonly batch: number;
  readonly inputs: readonly number[];
  readonly targets: readonly number[];
}

interface CommonCase {
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly layers: readonly unknown[];
  readonly loss: LossName;
  readonly rule: CaseRule;
  /** null for a layer without params. */
  readonly params: readonly (LayerTensors | null)[];
  readonly tolerance?: number;
}

export interface OneStepCase extends CommonCase, CaseBatch {
  readonly expect: {
    readonly loss: number;
    readonly outputs: readonly number[];
    readonly direction: readonly (LayerTensors | null)[];
  };
}

export interface TrajectoryCase extends CommonCase {
  readonly optimizer: CaseOptimizer;
  readonly steps: readonly CaseBatch[];
  readonly expect: { readonly losses: readonly number[]; readonly params: readonly (LayerTensors | null)[] };
}

export type VectorCase = OneStepCase | TrajectoryCase;

interface CaseRule {
  readonly name: string;
  readonly tau?: number;
  /** What the project calls proxSolver. */
  readonly solver?: string;
  readonly cgIterations?: number;
  readonly reduction?: "mean" | "sum";
  readonly lastLayer?: "explicit" | "prox";
}

interface CaseOptimizer {
  readonly name: string;
  readonly learningRate: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  /** Of rmsprop: torch's alpha. */
  readonly decay?: number;
  readonly epsilon?: number;
}

/** Relative error allowed where a case names none: float32 against float64, summed over a few layers and steps. */
const defaultTolerance = 1e-4;

export async function runVectorCase(createTrainer: CreateTrainer, vector: VectorCase): Promise<CaseResult> {
  const { name, tolerance = defaultTolerance } = vector;
  const model = toModel(vector);
  const rule = toRule(vector.rule);
  const optimizer = "optimizer" in vector ? toOptimizer(vector.optimizer) : sgd({ learningRate: 1 });
  if (model === null || rule === null || optimizer === null || !losses.includes(vector.loss))
    return { name, status: "unsupported", maxRelativeError: null };

  const batchSize = "steps" in vector ? Math.max(...vector.steps.map(({ batch }) => batch)) : vector.batch;
  const params = Float32Array.from(flatten(vector.params));
  const options = { loss: vector.loss, rule, optimizer, batchSize, params };
  const trainer = await createTrainer(model, options).catch((error: unknown) => {
    if (errorCode(error) === "unsupported") return null;
    throw error;
  });
  if (trainer === null) return { name, status: "unsupported", maxRelativeError: null };
  const errors = "steps" in vector ? await runTrajectory(trainer, vector) : await runOneStep(trainer, vector);
  const maxRelativeError = Math.max(...errors);
  return { name, status: maxRelativeError <= tolerance ? "passed" : "failed", maxRelativeError };
}

async function runOneStep(trainer: Trainer, vector: OneStepCase): Promise<number[]> {
  const { loss, outputs, direction } = await trainer.direction(toBatch(vector, vector.loss));
  const { expect } = vector;
  return [
    relativeError([loss], [expect.loss]),
    relativeError(outputs, expect.outputs),
    ...tensorErrors(trainer.model, direction, expect.direction),
  ];
}

async function runTrajectory(trainer: Trainer, vector: TrajectoryCase): Promise<number[]> {
  const lossesFound: number[] = [];
  for (const step of vector.steps) lossesFound.push((await trainer.step(toBatch(step, vector.loss))).loss);
  return [
    relativeError(lossesFound, vector.expect.losses),
    ...tensorErrors(trainer.model, await trainer.getParams(), vector.expect.params),
  ];
}

function tensorErrors(
  model: ModelSpec,
  found: Float32Array,
  expected: readonly (LayerTensors | null)[],
): number[] {
  const flat = flatten(expected);
  return paramsLayout(model).map(({ offset, length }) =>
    relativeError(found.subarray(offset, offset + length), flat.slice(offset, offset + length)),
  );
}

/** Largest absolute difference over largest absolute expected value. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [found[i] ?? Number.NaN, expected[i] ?? Number.NaN];
    if (!Number.isFinite(a) || !Number.isFinite(b)) return Infinity;
    difference = Math.max(difference, Math.abs(a - b));
    largest = Math.max(largest, Math.abs(b));
  }
  return difference === 0 ? 0 : difference / largest;
}

function flatten(layers: readonly (LayerTensors | null)[]): number[] {
  return layers.flatMap((layer) => (layer === null ? [] : [...layer.weights, ...layer.bias]));
}

function toBatch({ inputs, targets }: CaseBatch, loss: LossName): Batch {
  return {
    inputs: Float32Array.from(inputs),
    targets: loss === "softmaxCrossEntropy" ? Int32Array.from(targets) : Float32Array.from(targets),
  };
}

/** null: a layer type or an option that the project does not have (yet). */
function toModel({ inputShape, layers }: VectorCase): ModelSpec | null {
  try {
    return parseModelSpec({ input: inputShape, layers });
  } catch (error) {
    if (errorCode(error) === "bad-option" || errorCode(error) === "unsupported") return null;
    throw error;
  }
}

function toRule({
  name,
  tau = Number.NaN,
  solver = "exact",
  cgIterations,
  reduction = "mean",
  lastLayer = "explicit",
}: CaseRule): RuleSpec | null {
  if (name === "backprop") return backprop();
  const proxSolver = (["exact", "cg"] as const).find((known) => known === solver);
  if (name !== "proxprop" || proxSolver === undefined) return null;
  const options = { tau, proxSolver, reduction, lastLayer };
  return proxProp(cgIterations === undefined ? options : { ...options, cgIterations });
}

function toOptimizer({ name, momentum: keep = 0.9, ...options }: CaseOptimizer): KnownOptimizer | null {
  switch (name) {
    case "sgd":
      return sgd(options);
    case "momentum":
      return momentum({ ...options, momentum: keep });
    case "nesterov":
      return nesterov({ ...options, momentum: keep });
    case "adam":
      return adam(options);
    case "adamw":
      return adamw(options);
    case "rmsprop":
      return rmsprop(options);
    case "adagrad":
      return adagrad(options);
    default:
      return null;
  }
}
