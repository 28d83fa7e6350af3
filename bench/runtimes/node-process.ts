import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { residentBytes } from "./process-usage.ts";
import type { HostProcess, Program } from "./program.ts";

/** One program and the process that is its own: inputs and outputs are JSON. */
export type ProcessProgram = Program<object, unknown> & HostProcess;

interface ProcessOptions {
  /** What errors call the program. Default: its command. */
  readonly name?: string;
  readonly args?: readonly string[];
  /** Added to this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A TypeScript or JavaScript file that calls `answerLines`, in a fresh Node process. */
export function startInNode(
  file: string,
  { name = file, args = [], env }: ProcessOptions = {},
): ProcessProgram {
  const nodeArgs = ["--no-warnings", file, ...args];
  return startProcess(process.execPath, { name, args: nodeArgs, ...(env === undefined ? {} : { env }) });
}

/** A fresh Node process for one input. */
export async function askOnce<Output>(file: string, input: object): Promise<Output> {
  const program = startInNode(file);
  try {
    return (await program.ask(input)) as Output;
  } finally {
    await program.stop();
  }
}

/** A command that answers each line of JSON on standard input by one line of JSON on standard output. */
export function startProcess(
  command: string,
  { name = command, args = [], env = {} }: ProcessOptions = {},
): ProcessProgram {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
  let complaints = "";
  child.stderr.on("data", (data: Buffer) => {
    complaints = (complaints + data.toString()).slice(-2000);
  });
  // The last line that the program wrote is the best account of why it is gone.
  const gone = new Promise<never>((_, reject) => {
    child.once("error", (error) => reject(new Error(`${name}: ${error.message}`)));
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}: ${lastLine(complaints)}`)));
  });
  gone.catch(() => {});
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  return {
    async ask(input) {
      child.stdin.write(`${JSON.stringify(input)}\n`);
      const next = await Promise.race([lines.next(), gone]);
      // Output ends a moment before the process does.
      if (next.done === true) return gone;
      const reply = JSON.parse(next.value) as { readonly error?: string };
      if (reply.error !== undefined) throw new Error(reply.error);
      return reply;
    },
    residentBytes: () => residentBytes(child.pid),
    async stop() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, "exit");
    },
  };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
