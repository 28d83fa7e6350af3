import { SingleBar } from "cli-progress";

/** One bar on standard error if that is a terminal, since a bar in a log file is noise. */
export interface ProgressBar {
  /** Shows "training [=====   ] 3 of 8 updates"; every label and unit uses the same line. */
  show(progress: BarProgress): void;
  /** Prints a line on standard output and draws the bar anew below it. */
  print(text: string): void;
  /** Leaves the terminal as it was found. */
  stop(): void;
}

export interface BarProgress {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** What is counted, as "updates". */
  readonly unit: string;
}

export function createProgressBar(): ProgressBar {
  const bar = new SingleBar({
    format: "{label} [{bar}] {value} of {total} {unit}",
    barsize: 32,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
  });
  let isShown = false;

  return {
    show({ label, done, total, unit }) {
      if (!process.stderr.isTTY) return;
      if (!isShown) bar.start(total, done, { label, unit });
      isShown = true;
      bar.setTotal(total);
      bar.update(done, { label, unit });
    },
    print(text) {
      if (isShown) process.stderr.write("\r\u001B[2K");
      process.stdout.write(`${text}\n`);
      if (isShown) bar.render();
    },
    stop() {
      if (isShown) bar.stop();
      isShown = false;
    },
  };
}
