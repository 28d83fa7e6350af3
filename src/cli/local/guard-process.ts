import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";

const [mark = "", folder = ""] = process.argv.slice(2);

/** The processes whose environment holds the mark, from /proc, or from `ps` where there is no /proc (macOS). */
function markedProcesses(): number[] {
  let entries: string[];
  try {
    entries = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  } catch {
    const lines = execFileSync("ps", ["eww", "-A", "-o", "pid=,command="], { encoding: "utf8" }).split("\n");
    return lines.filter((line) => line.includes(mark)).map((line) => Number.parseInt(line, 10));
  }
  return entries.filter((entry) => readEnvironment(entry).includes(mark)).map(Number);
}

/** A process's environment; empty for a process that has gone or is another user's. */
function readEnvironment(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function killMarked(): void {
  for (const pid of markedProcesses()) {
    if (pid === process.pid) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // The process has ended by itself in between.
    }
  }
}

process.stdin.resume();
process.stdin.on("end", () => {
  killMarked();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  process.exit(0);
});
