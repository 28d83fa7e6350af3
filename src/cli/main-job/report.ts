import { createProgressBar } from "../progress-bar.ts";
import type { BarProgress } from "../progress-bar.ts";

export interface RoundLine {
  readonly round: number;
  /** The mean of the clients' losses. */
  readonly loss: number | null;
  /** Accuracy on the test set; null for a step of a minibatch run that is not evaluated. */
  readonly accuracy: number | null;
  readonly updates: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly seconds: number;
}

export interface ResultLine {
  readonly accuracy: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly run: string;
  /** Path of the model's file. */
  readonly model: string;
}

/** What the command shows while a run goes on. */
export interface Reporter {
  note(text: string): void;
  progress(progress: BarProgress): void;
  round(line: RoundLine): void;
  result(line: ResultLine): void;
  /** Leaves the terminal as it was found. */
  close(): void;
}

export function createJsonReporter(): Reporter {
  const write = (value: object): void => {
    process.stdout.write(`${JSON.stringify(value)}\n`);
  };
  return {
    note() {},
    progress() {},
    round: (line) => write({ type: "round", ...line }),
    result: (line) => write({ type: "result", ...line }),
    close() {},
  };
}

export function createTextReporter(): Reporter {
  const bar = createProgressBar();
  const print = (text: string): void => bar.print(text);
  let isHeaderShown = false;

  return {
    note: print,
    progress: (progress) => bar.show(progress),
    round({ round, loss, accuracy, updates, bytesUp, bytesDown, seconds }) {
      if (!isHeaderShown) print("round  client loss  test accuracy  updates         up       down  seconds");
      isHeaderShown = true;
      const columns = [
        String(round).padStart(5),
        (loss === null ? "-" : loss.toFixed(4)).padStart(11),
        (accuracy === null ? "-" : percent(accuracy)).padStart(13),
        String(updates).padStart(7),
        megabytes(bytesUp).padStart(9),
        megabytes(bytesDown).padStart(9),
        seconds.toFixed(2).padStart(7),
      ];
      print(columns.join("  "));
    },
    result({ accuracy, rounds, seconds, run, model }) {
      this.close();
      print(
        `\n${percent(accuracy)} test accuracy after ${rounds} rounds in ${seconds.toFixed(1)} s (run ${run})`,
      );
      print(`model written to ${model}, with history.json beside it`);
    },
    close: () => bar.stop(),
  };
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
