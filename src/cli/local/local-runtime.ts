import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Miniflare } from "miniflare";
import { EdgepropError } from "../../errors.ts";
import { startGuard } from "./guard.ts";
import { packageRoot } from "../package-root.ts";
import { supervisePort } from "./supervise.ts";

export interface LocalRuntimeOptions {
  /** The orchestrator's port; 0 for any free one. */
  readonly port: number;
  /** How many workerd processes to start, with one trainer Worker each. */
  readonly edgeProcesses: number;
  readonly secrets: LocalSecrets;
  /** The folder that keeps the orchestrator's storage. Default: a temporary one that is removed when the command ends. */
  readonly stateFolder?: string;
}

export interface LocalSecrets {
  readonly adminToken: string;
  readonly tokenSecret: string;
  readonly trainerToken: string;
}

export interface LocalRuntime {
  readonly url: string;
  readonly trainerUrls: readonly string[];
  dispose(): Promise<void>;
}

const host = "127.0.0.1";

/**
 * The orchestrator and the trainers in local workerd, one process each: one process is one thread for all its
 * Workers, so a trainer that computes must not share the orchestrator's. A process that dies is started again
 * on the same storage and port; none outlives the command.
 */
export async function startLocalRuntime({
  port,
  edgeProcesses,
  secrets,
  stateFolder,
}: LocalRuntimeOptions): Promise<LocalRuntime> {
  const miniflare = await importMiniflare();
  const temporary = await mkdtemp(join(tmpdir(), "edgeprop-"));
  // Miniflare's own temporary files go there too, where the guard removes them however the command ends.
  process.env["TMPDIR"] = temporary;
  const guard = startGuard(temporary);
  const state = stateFolder ?? temporary;
  await mkdir(state, { recursive: true });
  const workers: LocalWorker[] = [];

  async function startWorker(
    name: WorkerName,
    folder: string,
    workerPort: number,
    bindings: Record<string, string>,
  ): Promise<string> {
    const worker = await miniflare.workerOptions(name);
    const create = async (fixedPort: number): Promise<MiniflareInstance> => {
      const instance = new miniflare.Miniflare(
        miniflare.convertV4MiniflareOptions({
          workers: [{ ...worker, bindings, unsafeDirectSockets: [{ host, port: fixedPort }] }],
          host,
          port: 0,
          cf: false,
          resourcePersistencePath: folder,
          unsafeRuntimeEnv: guard.env,
          // Miniflare prints errors on standard output, which belongs to the command; an error that ends a start is also thrown.
          log: new miniflare.Log(miniflare.LogLevel.NONE),
          handleStructuredLogs: forwardLog,
        }),
      );
      try {
        await instance.ready;
        return instance;
      } catch (error) {
        await Promise.allSettled([instance.dispose()]);
        throw error;
      }
    };
    for (let attempt = 1; ; attempt++) {
      const fixedPort = workerPort === 0 ? await findFreePort() : workerPort;
      try {
        workers.push(await keepRunning(() => create(fixedPort), { name, port: fixedPort }));
        return `http://${host}:${fixedPort}`;
      } catch (error) {
        // Another process may have taken the free port by the time workerd listens.
        if (workerPort !== 0 || !isAddressInUse(error) || attempt >= startAttempts) throw error;
      }
    }
  }

  async function dispose(): Promise<void> {
    await Promise.allSettled(workers.map(async (worker) => worker.dispose()));
    await rm(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  try {
    if (port !== 0) await requireFreePort(port);
    const { adminToken, tokenSecret, trainerToken } = secrets;
    const orchestrator = startWorker("orchestrator", join(state, "orchestrator"), port, {
      ADMIN_TOKEN: adminToken,
      TOKEN_SECRET: tokenSecret,
    });
    const trainers = Array.from({ length: edgeProcesses }, async (_, index) =>
      startWorker("trainer", join(state, `trainer-${index}`), 0, { TRAINER_TOKEN: trainerToken }),
    );
    const [url, ...trainerUrls] = await Promise.all([orchestrator, ...trainers]);
    return { url, trainerUrls, dispose };
  } catch (cause) {
    await dispose();
    if (cause instanceof EdgepropError) throw cause;
    if (isAddressInUse(cause)) {
      throw new EdgepropError("port-in-use", `port ${port} is in use; choose another with --port`, { cause });
    }
    throw new EdgepropError("runtime-failed", `local workerd did not start: ${firstLine(cause)}`, { cause });
  }
}

type MiniflareInstance = Miniflare;

interface LocalWorker {
  dispose(): Promise<void>;
}

const startAttempts = 4;

/** Starts a Worker, repeats that where the Worker dies while starting, and keeps it running on its port. */
async function keepRunning(
  create: () => Promise<MiniflareInstance>,
  { name, port }: { readonly name: string; readonly port: number },
): Promise<LocalWorker> {
  async function start(): Promise<MiniflareInstance> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await create();
      } catch (error) {
        if (isAddressInUse(error) || attempt >= startAttempts) throw error;
      }
    }
  }

  let instance = await start();
  const stop = new AbortController();
  let restarting: Promise<void> = Promise.resolve();

  async function restart(): Promise<void> {
    await Promise.allSettled([instance.dispose()]);
    if (stop.signal.aborted) return;
    try {
      instance = await start();
    } catch (error) {
      process.stderr.write(`the ${name}'s workerd does not start again: ${firstLine(error)}\n`);
    }
  }

  supervisePort(port, stop.signal, async () => {
    restarting = restart();
    await restarting;
  });
  return {
    async dispose() {
      stop.abort();
      await restarting;
      await instance.dispose();
    },
  };
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0] ?? message;
}

type WorkerName = "orchestrator" | "trainer";

const configs: Record<WorkerName, string> = {
  orchestrator: "wrangler.toml",
  trainer: "workers/trainer/wrangler.toml",
};

/** Miniflare and workerd come with wrangler; the library itself needs neither. */
async function importMiniflare() {
  // The secrets are bound below; wrangler would warn that no file sets them.
  process.env["WRANGLER_LOG"] ??= "error";
  try {
    const { unstable_getMiniflareWorkerOptions } = await import("wrangler");
    const miniflare = await import("miniflare");
    const workerOptions = async (name: WorkerName) => {
      const { workerOptions: options } = unstable_getMiniflareWorkerOptions(join(packageRoot, configs[name]));
      return { ...options, ...(await listModules(name)) };
    };
    return { ...miniflare, workerOptions };
  } catch (cause) {
    throw new EdgepropError(
      "runtime-failed",
      "a local run needs wrangler: install it with `npm install --save-dev wrangler@4.156.2`",
      { cause },
    );
  }
}

/** A Worker's bundle: JavaScript modules and compiled wasm. */
async function listModules(name: WorkerName) {
  const folder = join(packageRoot, ".build", "workers", name);
  if (!existsSync(folder))
    throw new EdgepropError(
      "missing-data",
      `the bundle of the ${name} Worker is missing in ${folder}; run npm run build:workers`,
    );
  const files = await readdir(folder);
  const entry = files.filter((file) => file === "index.js");
  const wasm = files.filter((file) => file.endsWith(".wasm"));
  const modules = [
    ...entry.map((file) => ({ type: "ESModule" as const, path: join(folder, file) })),
    ...wasm.map((file) => ({ type: "CompiledWasm" as const, path: join(folder, file) })),
  ];
  return { modulesRoot: folder, modules };
}

/** workerd's own warnings about the local network say nothing to a person. */
function forwardLog({ level, message }: { level: string; message: string }): void {
  if (level === "error") process.stderr.write(`${message}\n`);
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_ADDRESS_IN_USE";
}

async function requireFreePort(port: number): Promise<void> {
  try {
    await listenOnce(port);
  } catch (cause) {
    throw new EdgepropError("port-in-use", `port ${port} is in use; choose another with --port`, { cause });
  }
}

/** A direct socket keeps its port through a restart of workerd only if the port is fixed. */
async function findFreePort(): Promise<number> {
  return listenOnce(0);
}

async function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}
