export const libraries = ["edgeprop", "plain-loop", "tfjs-cpu", "tfjs-wasm", "jax-js", "convnetjs"] as const;
export type Library = (typeof libraries)[number];

/** What a library takes from a small device: one library, one case, one runtime, one fresh process. */
export interface Embedded {
  readonly stepsPerSecond: number | null;
  /** Steps taken within 10 ms of CPU from the creation of the trainer on, nothing of the library having run before. */
  readonly stepsIn10ms: number | null;
  /** The same with the import of the library counted; in workerd, where that happens before a request, null. */
  readonly stepsIn10msWithImport: number | null;
  /** CPU, in workerd time, from the creation of the trainer to the end of the 20th step, nothing of the library having run before. */
  readonly first20StepsMs: number | null;
  readonly residentBytes: number | null;
  readonly wasmBytes: number | null;
  readonly bundleBytes: number | null;
  /** The time from the import, or the cold isolate, to the end of the first step. */
  readonly firstStepMs: number | null;
  readonly notes?: string;
  /** The loss of the first step; it is the same for all libraries, or nothing is reported. */
  readonly firstLoss?: number;
}

export const cannotRun: Embedded = {
  stepsPerSecond: null,
  stepsIn10ms: null,
  stepsIn10msWithImport: null,
  first20StepsMs: null,
  residentBytes: null,
  wasmBytes: null,
  bundleBytes: null,
  firstStepMs: null,
};
