import { onParentDeath } from "./guard.ts";

export interface Ending {
  /** Called before the process ends; the guard ends whatever a slow one would leave behind. */
  before(callback: () => Promise<void>): void;
}

/**
 * Ctrl-C, SIGTERM and the death of npm end the command, with the exit code that a shell expects. Call it
 * first: the death of npm before the call goes unnoticed.
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
