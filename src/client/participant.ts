import { sliceExamples } from "../data/index.ts";
import type { Dataset } from "../data/index.ts";
import type { ModelSpec } from "../model/index.ts";
import type { LoadKernels } from "../runtime/index.ts";
import type { Predictor, PredictorOptions, Trainer, TrainerOptions } from "../training/index.ts";
import type { RunSets } from "../federated/index.ts";
import type { Orchestrator } from "./orchestrator.ts";

/** Who takes part in a run, and with what. */
export interface Participant {
  readonly orchestrator: Orchestrator;
  /** The client token of the run. */
  readonly token: string;
  readonly data: DataSource;
  readonly createTrainer: CreateTrainer;
  readonly createPredictor: CreatePredictor;
  readonly loadKernels: LoadKernels;
  readonly slicing: Slicing;
  /** What a run's tasks may name; default all that edgeprop has. */
  readonly sets?: RunSets;
}

export type CreateTrainer = (model: ModelSpec, options: TrainerOptions) => Promise<Trainer>;
export type CreatePredictor = (model: ModelSpec, options: PredictorOptions) => Promise<Predictor>;

/** The client's examples: its own, or a dataset that all clients of a `minibatch` run can read. */
export interface DataSource {
  all(): Promise<Dataset>;
  /** Examples [begin, end). */
  range(begin: number, end: number): Promise<Dataset>;
}

export interface Slicing {
  /** Awaited between slices: lets the host answer requests while it trains. */
  pause(): Promise<void>;
}

/**
 * Examples that lie in memory.
 *
 * @example const data = createDataSource(dataset);
 */
export function createDataSource(dataset: Dataset): DataSource {
  return {
    all: async () => dataset,
    range: async (begin, end) => sliceExamples(dataset, begin, end),
  };
}
