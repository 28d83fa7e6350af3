import { readFileSync, readdirSync } from "node:fs";

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
}

function listProcesses(): Process[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
        // A zombie is dead: its parent, or who adopted it, has only not asked yet.
        const [, name = "", state, parent = ""] = /\((.*)\) (\S) (\d+)/.exec(stat) ?? [];
        return state === "Z" ? [] : [{ pid: Number(entry), parent: Number(parent), name }];
      } catch {
        return []; // The process ended while we looked.
      }
    });
}

/** The workerd processes under `ancestor`, at any depth. */
export function workerdOf(ancestor: number): number[] {
  const processes = listProcesses();
  const below = (pid: number): Process[] =>
    processes.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)]);
  return below(ancestor)
    .filter(({ name }) => name === "workerd")
    .map(({ pid }) => pid);
}

export function isAlive(pid: number): boolean {
  return listProcesses().some((process_) => process_.pid === pid);
}
