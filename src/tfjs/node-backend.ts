import type * as tfjsCore from "@tensorflow/tfjs-core";
import { EdgepropError } from "../errors.ts";
import { openNodeGpu } from "./node-gpu.ts";

/** What tfjs computes on, by its names. */
export const tfjsBackends = ["webgpu", "wasm", "cpu"] as const;
export type TfjsBackendName = (typeof tfjsBackends)[number];

export interface TfjsBackend {
  readonly name: TfjsBackendName;
  /** What the GPU's driver calls the adapter; absent for the other backends. */
  readonly adapter?: string;
  /** Gives the GPU back, and with it every tensor there: Node does not exit before. The others hold nothing. */
  readonly unload: () => void;
}

/**
 * Imports a tfjs backend in Node, starts it and makes it the current one. Throws `bad-option` for other names and
 * `unsupported`, saying what to install, where a package or an adapter is missing.
 *
 * @example
 * ```ts no-run
 * const backend = await loadTfjsBackend("webgpu");
 * backend.unload();
 * ```
 */
export async function loadTfjsBackend(name: TfjsBackendName): Promise<TfjsBackend> {
  switch (name) {
    case "webgpu":
      return loadWebgpu(name);
    case "wasm":
      await start(name, () => import("@tensorflow/tfjs-backend-wasm"));
      return { name, unload: () => {} };
    case "cpu":
      await start(name, () => import("@tensorflow/tfjs-backend-cpu"));
      return { name, unload: () => {} };
    default: {
      const expected = tfjsBackends.map((each) => `"${each}"`).join(", ");
      const found = JSON.stringify(name satisfies never);
      throw new EdgepropError("bad-option", `the tfjs backend is ${found}; expected one of ${expected}`);
    }
  }
}

async function loadWebgpu(name: "webgpu"): Promise<TfjsBackend> {
  const gpu = await installed(name, openNodeGpu);
  try {
    // Only now: it registers itself where navigator.gpu is.
    const tf = await start(name, () => import("@tensorflow/tfjs-backend-webgpu"));
    return {
      name,
      adapter: gpu.description,
      unload() {
        removeBackend(tf, name);
        gpu.release();
      },
    };
  } catch (error) {
    gpu.release();
    throw error;
  }
}

async function start(name: TfjsBackendName, importBackend: () => Promise<unknown>): Promise<typeof tfjsCore> {
  const tf = await installed(name, async () => {
    const core = await import("@tensorflow/tfjs-core");
    await importBackend();
    return core;
  });
  if (tf.findBackendFactory(name) === null) {
    const cause = "was imported before navigator.gpu was there";
    throw new EdgepropError(
      "unsupported",
      `the tfjs backend ${name} ${cause}; leave its import to loadTfjsBackend`,
    );
  }
  if (!(await tf.setBackend(name)))
    throw new EdgepropError("unsupported", `the tfjs backend ${name} did not start`);
  return tf;
}

/** Its module runs once and would not register it again; at priority 0 tfjs does not choose it by itself. */
function removeBackend(tf: typeof tfjsCore, name: string): void {
  const factory = tf.findBackendFactory(name);
  tf.removeBackend(name);
  tf.registerBackend(name, factory, 0);
}

async function installed<T>(name: TfjsBackendName, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND")) throw cause;
    const gpu = name === "webgpu" ? ["webgpu"] : [];
    const packages = ["@tensorflow/tfjs-core", `@tensorflow/tfjs-backend-${name}`, ...gpu].join(" ");
    const message = `the tfjs backend ${name} needs packages that are not installed: npm install ${packages}`;
    throw new EdgepropError("unsupported", message, { cause });
  }
}
