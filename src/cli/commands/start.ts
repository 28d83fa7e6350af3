import { endWithSignals } from "../local/end-with-signals.ts";
import { startLocalRuntime } from "../local/local-runtime.ts";
import type { LocalRuntime, LocalSecrets } from "../local/local-runtime.ts";
import { loadMnist } from "../mnist.ts";
import type { StartOptions } from "../options.ts";
import { prepare } from "../prepare.ts";
import { checkStartOptions } from "../main-job/run-plan.ts";
import { createJsonReporter, createTextReporter } from "../main-job/report.ts";
import type { Reporter } from "../main-job/report.ts";
import { createSecrets } from "../local/secrets.ts";

/** `edgeprop start`: the main job, from nothing to a trained model. */
export async function start(options: StartOptions): Promise<void> {
  checkStartOptions(options);
  const ending = endWithSignals();
  const secrets = createSecrets();
  const { train, test } = await loadMnist();
  const reporter = options.json === true ? createJsonReporter() : createTextReporter();
  const runtime = await startRuntime(options, reporter, secrets).finally(() => reporter.close());
  ending.before(async () => {
    reporter.close();
    await runtime.dispose();
  });
  try {
    const clients = `${options.clients} edge clients in ${options.edgeProcesses} workerd ${options.edgeProcesses === 1 ? "process" : "processes"}`;
    reporter.note(`orchestrator on ${runtime.url}, ${clients}, rule ${options.rule}, seed ${options.seed}\n`);
    // This comes after the runtime's start, which compiles the kernels that the evaluation loads.
    const { runMainJob } = await import("../main-job/main-job.ts");
    reporter.result(await runMainJob({ options, train, test, runtime, reporter, ...secrets }));
  } finally {
    reporter.close();
    await runtime.dispose();
  }
}

async function startRuntime(
  { port, edgeProcesses }: StartOptions,
  reporter: Reporter,
  secrets: LocalSecrets,
): Promise<LocalRuntime> {
  await prepare((progress) => reporter.progress(progress));
  reporter.progress({ label: "starting workerd", done: 0, total: 1, unit: "steps" });
  return startLocalRuntime({ port, edgeProcesses, secrets });
}
