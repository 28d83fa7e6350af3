import { onParentDeath } from "./guard.ts";

export interface Ending {
  /** What to do before the process ends; the guard ends what a slow one would leave. */
  before(callback: () => Promise<void>): void;
}

/**
 * Ctrl-C, SIGTERM and the death of npm end the command, with the exit code that a shell expects. To be called
 * first: whoever is told later of npm's death is told nothing.
 */
export function endWithSignals(): Ending {
  let callback = async (): Promise<void> => {};

  function end(exitCode: number): void {
    setTimeout(() => process.exit(exitCode), 1_000);
    void callback().finally(() => process.exit(exitCode));
  }

  process.once("SIGINT", () => end(130));
  process.once("SIGTERM", () => end(143));
  onParentDeath(() => end(137));
  return {
    before(given) {
      callback = given;
    },
  };
}
