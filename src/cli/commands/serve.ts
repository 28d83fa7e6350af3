import { endWithSignals } from "../local/end-with-signals.ts";
import { startLocalRuntime } from "../local/local-runtime.ts";
import { prepare } from "../prepare.ts";
import { createProgressBar } from "../progress-bar.ts";
import { loadSecrets } from "../local/secrets.ts";
import { lockState } from "../local/state-lock.ts";

export interface ServeOptions {
  readonly port: number;
  readonly edgeProcesses: number;
  readonly state: string;
}

/** `edgeprop serve`: keeps an orchestrator and trainers running until a signal, for runs that somebody else creates. */
export async function serve({ port, edgeProcesses, state }: ServeOptions): Promise<void> {
  const ending = endWithSignals();
  const release = await lockState(state);
  const secrets = await loadSecrets(state);
  const bar = createProgressBar();
  await prepare((progress) => bar.show(progress)).finally(() => bar.stop());
  const runtime = await startLocalRuntime({ port, edgeProcesses, secrets, stateFolder: state });
  ending.before(async () => {
    await runtime.dispose();
    await release();
  });
  process.stdout.write(`orchestrator  ${runtime.url}  admin token ${secrets.adminToken}\n`);
  for (const url of runtime.trainerUrls)
    process.stdout.write(`trainer       ${url}  trainer token ${secrets.trainerToken}\n`);
  process.stdout.write("Ctrl-C ends it; its runs go on when it is started again on the same --state.\n");
}
