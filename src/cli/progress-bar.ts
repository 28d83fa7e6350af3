import { SingleBar } from "cli-progress";

/** One bar on standard error, where that is a terminal: a bar in a log file is noise. */
export interface ProgressBar {
  /** "training [=====   ] 3 of 8 updates"; another label or unit takes the same line. */
  show(progress: BarProgress): void;
  /** A line on standard output; the bar is taken away for it and drawn again below. */
  print(text: string): void;
  /** Leaves the terminal as it was found. */
  stop(): void;
}

export interface BarProgress {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** What is counted. */
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
