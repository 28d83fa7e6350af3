import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Miniflare, convertV4MiniflareOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { packageRoot } from "../../../src/cli/package-root.ts";
import { secrets } from "./local.ts";

export interface OwnOrchestrator {
  readonly url: string;
  /** Ends the process and starts another on what it stored; `url` may change. */
  restart(): Promise<OwnOrchestrator>;
  dispose(): Promise<void>;
}

/** The Worker of a user with sets of their own, of this folder, bundled and started in local workerd. */
export async function startOwnOrchestrator(worker = "test/workerd/own-sets"): Promise<OwnOrchestrator> {
  const config = join(packageRoot, worker, "wrangler.toml");
  const folder = await mkdtemp(join(tmpdir(), "edgeprop-own-"));
  const [bundle, state] = [join(folder, "bundle"), join(folder, "state")];
  await mkdir(state);
  const wrangler = join(packageRoot, "node_modules/wrangler/bin/wrangler.js");
  const args = [wrangler, "deploy", "--dry-run", "--config", config, "--outdir", bundle];
  await promisify(execFile)(process.execPath, args, {
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_WRITE_LOGS: "false",
    },
  });
  const { workerOptions } = unstable_getMiniflareWorkerOptions(config);
  const files = await readdir(bundle);
  const module = (type: "ESModule" | "CompiledWasm") => (file: string) => ({
    type,
    path: join(bundle, file),
  });
  const modules = [
    ...files.filter((file) => file === "index.js").map(module("ESModule")),
    ...files.filter((file) => file.endsWith(".wasm")).map(module("CompiledWasm")),
  ];

  async function start(): Promise<OwnOrchestrator> {
    const bindings = { ADMIN_TOKEN: secrets.adminToken, TOKEN_SECRET: secrets.tokenSecret };
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        workers: [{ ...workerOptions, modulesRoot: bundle, modules, bindings }],
        host: "127.0.0.1",
        port: 0,
        cf: false,
        resourcePersistencePath: state,
      }),
    );
    const { origin } = await miniflare.ready;
    return {
      url: origin,
      async restart() {
        await miniflare.dispose();
        return start();
      },
      async dispose() {
        await miniflare.dispose();
        await rm(folder, { recursive: true, force: true });
      },
    };
  }

  return start();
}
