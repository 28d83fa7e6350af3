import { readdirSync, readFileSync } from "node:fs";

/** Resident memory of a process; null where there is no /proc. */
export function residentBytes(pid: number | undefined): number | null {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`)) ?? [];
  return kilobytes === undefined ? null : 1024 * Number(kilobytes);
}

/** CPU time of all threads of a process, in milliseconds; null where there is no /proc. */
export function cpuMs(pid: number | undefined): number | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    // schedstat counts in nanoseconds.
    const times = threads.map((thread) =>
      Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]),
    );
    const sum = times.reduce((total, time) => total + time, 0);
    return sum > 0 ? sum / 1e6 : null;
  } catch {
    return null;
  }
}

/** The process ids of this process's children of that name; none where there is no /proc. */
export function childrenNamed(wanted: string): number[] {
  try {
    return readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .filter((entry) => {
        const stat = read(`/proc/${entry}/stat`);
        const [, name, parent] = /\((.*)\) \S (\d+)/.exec(stat) ?? [];
        return name === wanted && Number(parent) === process.pid;
      })
      .map(Number);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
