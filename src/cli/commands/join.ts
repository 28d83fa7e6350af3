import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { createDataSource, createOrchestrator, takeTurn } from "../../client/index.ts";
import type { Participant, Turn } from "../../client/index.ts";
import { EdgepropError } from "../../errors.ts";
import { createPredictor, createTrainer, loadKernels } from "../../node.ts";
import { loadMnist } from "../mnist.ts";
import { prepare } from "../prepare.ts";
import { createProgressBar } from "../progress-bar.ts";

export interface JoinOptions {
  readonly token: string;
  readonly backend: "wasm" | "webgpu";
  readonly data: "mnist:train" | "mnist:test";
  readonly name?: string;
  readonly json?: true;
}

const pollMs = 20_000;

/** `edgeprop join`: makes this machine a client of a run until the run is over. */
export async function join(url: string, { token, backend, data, name, json }: JoinOptions): Promise<void> {
  const run = runOf(token);
  const bar = createProgressBar();
  await prepare((progress) => bar.show(progress)).finally(() => bar.stop());
  const loaded = await loadBackend(backend);
  try {
    await takePart({
      url,
      run,
      token,
      backend,
      data,
      json: json === true,
      computing: loaded.computing,
      ...(name === undefined ? {} : { name }),
    });
  } finally {
    loaded.unload();
  }
}

type Part = Omit<JoinOptions, "json"> & {
  readonly url: string;
  readonly run: string;
  readonly json: boolean;
  readonly computing: Computing;
};

/** How the backend makes what computes. */
type Computing = Pick<Participant, "createTrainer" | "createPredictor">;

async function takePart({ url, run, token, backend, data, name, json, computing }: Part): Promise<void> {
  const orchestrator = createOrchestrator({ url, run });
  const client =
    name ?? `${backend}-${hostname().replaceAll(/[^A-Za-z0-9.-]/g, "-")}-${randomUUID().slice(0, 8)}`;
  const joined = await orchestrator.join(token, { name: client, secret: randomUUID(), backend });
  const { train, test } = await loadMnist();
  const participant: Participant = {
    orchestrator,
    token: joined.token,
    data: createDataSource(data === "mnist:train" ? train : test),
    ...computing,
    loadKernels,
    slicing: { pause: async () => {} },
  };
  const bar = createProgressBar();
  const tell = (event: object, text: string): void => bar.print(json ? JSON.stringify(event) : text);
  tell({ type: "joined", run, client, backend }, `joined run ${run} as ${client}, backend ${backend}`);
  for (;;) {
    const turn = await takeTurn(participant, {
      waitMs: pollMs,
      onTask: ({ kind, round }) => tell({ type: "task", kind, round }, `round ${round}: ${kind}`),
      onProgress: (done, total) => bar.show({ label: "training", done, total, unit: "examples" }),
    }).finally(() => bar.stop());
    if (turn.outcome !== "idle") tell({ type: "turn", ...turn }, describe(turn));
    if (turn.outcome === "over") return;
  }
}

/** The run that a join token is for. Anybody can read a token's claims; only the orchestrator can sign them. */
function runOf(token: string): string {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    if (typeof claims === "object" && claims !== null && "run" in claims && typeof claims.run === "string")
      return claims.run;
  } catch (cause) {
    throw new EdgepropError("bad-option", "--token is not a join token", { cause });
  }
  throw new EdgepropError("bad-option", "--token is not a join token: it names no run");
}

interface Backend {
  readonly computing: Computing;
  /** Frees the GPU, since Node does not exit while it holds one. */
  unload(): void;
}

async function loadBackend(backend: JoinOptions["backend"]): Promise<Backend> {
  switch (backend) {
    case "wasm":
      return { computing: { createTrainer, createPredictor }, unload: () => {} };
    case "webgpu": {
      const tfjs = await import("../../tfjs/node.ts");
      const gpu = await tfjs.loadTfjsBackend("webgpu");
      const computing = { createTrainer: tfjs.createTfjsTrainer, createPredictor: tfjs.createTfjsPredictor };
      return { computing, unload: () => gpu.unload() };
    }
    default:
      return backend satisfies never;
  }
}

function describe(turn: Turn): string {
  switch (turn.outcome) {
    case "idle":
      return "no task yet";
    case "over":
      return `the run is ${turn.phase}`;
    case "submitted":
      return `round ${turn.round}: update ${turn.reply.status}`;
    case "evaluated": {
      const { loss, accuracy, numExamples } = turn.result;
      const right = accuracy === undefined ? "" : `, accuracy ${(100 * accuracy).toFixed(2)} %`;
      return `round ${turn.round}: loss ${loss.toFixed(4)}${right} on ${numExamples} examples, ${turn.reply.status}`;
    }
    default:
      return turn satisfies never;
  }
}
