import { SingleBar } from "cli-progress";

export interface RoundLine {
  readonly round: number;
  /** Mean client loss. */
  readonly loss: number | null;
  /** On the test set; null for a step of a minibatch run that is not evaluated. */
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
  /** `done` of `total` updates of the whole run have arrived. */
  progress(done: number, total: number): void;
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
  const bar = new SingleBar({
    format: "training [{bar}] {value} of {total} updates",
    barsize: 32,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
  });
  // A bar in a log file is noise.
  const hasTerminal = process.stderr.isTTY;
  let isShown = false;
  let isHeaderShown = false;

  /** The bar is taken away for a line and drawn again below it. */
  function print(text: string): void {
    if (isShown) process.stderr.write("\r\u001B[2K");
    process.stdout.write(`${text}\n`);
    if (isShown) bar.render();
  }

  return {
    note: print,
    progress(done, total) {
      if (!hasTerminal) return;
      if (!isShown) bar.start(total, done);
      isShown = true;
      bar.update(done);
    },
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
    close() {
      if (isShown) bar.stop();
      isShown = false;
    },
  };
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
