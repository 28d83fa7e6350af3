import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The environment variable that marks every process the command starts. */
const mark = "EDGEPROP_OWNER";

export interface Guard {
  /** The environment for processes that must not outlive the command. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A second process that outlives this one by a moment: when the pipe to it closes, which happens however this
 * process ends, SIGKILL included, it kills every process that carries the mark and removes `folder`.
 */
export function startGuard(folder: string): Guard {
  const owner = randomUUID();
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const script = fileURLToPath(new URL(`guard-process.${extension}`, import.meta.url));
  const guard = spawn(process.execPath, [script, `${mark}=${owner}`, folder], {
    // The guard has a session of its own: Ctrl-C reaches the whole foreground group, and the guard must survive it.
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
  guard.unref();
  return { env: { [mark]: owner } };
}

/** npm does not pass SIGKILL on, so a command under npm watches for npm's death and ends with it. */
export function onParentDeath(callback: () => void): void {
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const chain = ancestorsUpToNpm();
  if (isOrphan()) {
    // npm died before we looked.
    callback();
    return;
  }
  const timer = setInterval(() => {
    if (ancestorsUpToNpm().join() === chain.join()) return;
    clearInterval(timer);
    callback();
  }, 250);
  timer.unref();
}

/** Adopted by init, where init is not npm itself, as it is in a container that runs nothing else. */
function isOrphan(): boolean {
  return process.ppid === 1 && !/npm|node/.test(describeProcess(1).name ?? "");
}

function isShell(name: string | undefined): boolean {
  return /^(.*\/)?(ba|da|z|k)?sh$/.test(name ?? "");
}

/** npm itself, or the shell that it runs scripts in and npm. A process whose parent died has another. */
function ancestorsUpToNpm(): (number | undefined)[] {
  const { parent, name } = describeProcess(process.ppid);
  return isShell(name) ? [process.ppid, parent] : [process.ppid];
}

/** Read from /proc, or from `ps` where there is no /proc (macOS); empty for a process that has gone. */
function describeProcess(pid: number): { parent?: number; name?: string } {
  try {
    const [, name, parent] = /\((.*)\) \S (\d+)/.exec(readProcStat(pid)) ?? [];
    return { ...(name === undefined ? {} : { name }), parent: Number(parent) };
  } catch {
    return {};
  }
}

function readProcStat(pid: number): string {
  if (existsSync("/proc/self/stat")) return readFileSync(`/proc/${pid}/stat`, "utf8");
  const [parent = "", name = ""] = execFileSync("ps", ["-o", "ppid=,comm=", "-p", String(pid)], {
    encoding: "utf8",
  })
    .trim()
    .split(/\s+/);
  return `(${name}) S ${parent}`;
}
