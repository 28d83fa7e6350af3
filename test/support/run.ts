import { backprop, dense, sequential, sgd } from "edgeprop";
import { advance, createRunSpec, createRunState } from "../../src/federated/index.ts";
import type {
  Advanced,
  ReplyOf,
  RunInputOf,
  RunInputType,
  RunSpecInput,
  RunState,
} from "../../src/federated/index.ts";

export const smallRun: RunSpecInput = {
  model: sequential({ input: [3] }, [dense(2)]),
  loss: "softmaxCrossEntropy",
  training: {
    rule: backprop(),
    optimizer: sgd({ learningRate: 0.1 }),
    batchSize: 4,
    localEpochs: 1,
  },
  rounds: 2,
  cohortSize: 2,
  roundTimeoutMs: 1_000,
  maxExtensions: 1,
  seed: 7,
};

/** A run with a clock of its own: every input comes one millisecond after the last, unless `now` says otherwise. */
export function createScene(overrides: Partial<RunSpecInput> = {}) {
  let state: RunState = createRunState(createRunSpec({ ...smallRun, ...overrides }));
  let now = 0;

  function feed<T extends RunInputType>(input: RunInputOf<T>): Advanced<ReplyOf<T>> {
    const advanced = advance<T>(state, input);
    state = advanced.state;
    return advanced;
  }

  return {
    get state() {
      return state;
    },
    join: (client: string, backend = "wasm") => feed({ type: "client-joined", client, backend, now: ++now }),
    leave: (client: string) => feed({ type: "client-left", client, now: ++now }),
    start: () => feed({ type: "started", now: ++now }),
    pause: () => feed({ type: "paused", now: ++now }),
    stop: () => feed({ type: "stopped", now: ++now }),
    ask: (client: string) => feed({ type: "task-requested", client, now: ++now }).reply,
    evaluated: (client: string, round: number) =>
      feed({ type: "evaluation-received", client, round, result: { loss: 1, numExamples: 5 }, now: ++now }),
    clock: (ms: number) => feed({ type: "clock", now: (now += ms) }),
    aggregated: (round: number) => feed({ type: "aggregated", round, bytesDown: 7, now: ++now }),
    submit: (
      client: string,
      round: number,
      { numExamples = 10, loss = 1, shard }: { numExamples?: number; loss?: number; shard?: number } = {},
    ) =>
      feed({
        type: "update-received",
        client,
        round,
        ...(shard === undefined ? {} : { shard }),
        content: { isValid: true, update: { numExamples, loss, sizeBytes: 100 } },
        now: ++now,
      }),
    submitInvalid: (client: string, round: number, reason: string) =>
      feed({ type: "update-received", client, round, content: { isValid: false, reason }, now: ++now }),
  };
}
