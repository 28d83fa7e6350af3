import { readdirSync, readFileSync } from "node:fs";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import type { Bundle } from "./bundle.ts";

/** workerd with programs from which it makes fresh isolates on demand, one for every new id. */
export interface Isolates {
  /** Sends a body to a program in the isolate of this id, which is made where there is none yet. */
  send(program: string, id: string, request: IsolateRequest): Promise<IsolateReply>;
  /** Resident memory of the workerd process; null where there is no /proc. */
  residentBytes(): number | null;
  dispose(): Promise<void>;
}

interface IsolateRequest {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface IsolateReply {
  /**
   * From the request to the end of the answer, by a clock outside, since the one in workerd stands still; or the CPU
   * time that workerd took meanwhile, where that is less (see startStopwatch).
   */
  readonly ms: number;
  readonly text: string;
}

const compatibilityDate = "2026-05-01";

/** Makes an isolate of the program that the headers name, under an id, and passes the request on. */
const host = (names: readonly string[]): string => `
${names.map((name, index) => `import m${index} from ${JSON.stringify(name)};`).join("\n")}
const files = { ${names.map((name, index) => `${JSON.stringify(name)}: m${index}`).join(", ")} };
export default {
  async fetch(request, env) {
    const program = request.headers.get("x-program");
    const worker = env.LOADER.get(program + request.headers.get("x-id"), () => {
      const modules = {};
      for (const [name, contents] of Object.entries(files)) {
        if (!name.startsWith(program + "/")) continue;
        const own = name.slice(program.length + 1, -4);
        modules[own] = own.endsWith(".wasm") ? { wasm: contents } : { js: contents };
      }
      return { compatibilityDate: "${compatibilityDate}", mainModule: "main.js", modules };
    });
    return worker.getEntrypoint().fetch(request);
  },
};`;

export async function startIsolates(programs: Readonly<Record<string, Bundle>>): Promise<Isolates> {
  const files = Object.entries(programs).flatMap(([program, { code, wasm }]) => [
    { type: "Text" as const, path: `${program}/main.js.txt`, contents: new TextDecoder().decode(code) },
    ...[...wasm].map(([name, contents]) => ({
      type: "Data" as const,
      path: `${program}/${name}.bin`,
      contents: Uint8Array.from(contents),
    })),
  ]);
  const known = new Set(workerdProcesses());
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: "host",
      modules: [
        { type: "ESModule", path: "index.js", contents: host(files.map(({ path }) => path)) },
        ...files,
      ],
      workerLoaders: { LOADER: {} },
      compatibilityDate,
      cf: false,
      log: new Log(LogLevel.NONE),
    }),
  );
  const url = await miniflare.ready;
  const pid = workerdProcesses().find((each) => !known.has(each));
  return {
    async send(program, id, { body, headers = {} }) {
      const [cpu, start] = [cpuMs(pid), performance.now()];
      const response = await fetch(url, {
        method: "POST",
        body,
        headers: { ...headers, "x-program": program, "x-id": id },
      });
      const text = await response.text();
      const clock = performance.now() - start;
      const end = cpuMs(pid);
      if (!response.ok) throw new Error(text.trim().split("\n")[0]);
      return { text, ms: cpu === null || end === null ? clock : Math.min(clock, end - cpu) };
    },
    residentBytes: () => residentBytes(pid),
    dispose: () => miniflare.dispose(),
  };
}

/** Children of this process; none where there is no /proc. */
function workerdProcesses(): number[] {
  try {
    return readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .filter((entry) => {
        const stat = read(`/proc/${entry}/stat`);
        const [, name, parent] = /\((.*)\) \S (\d+)/.exec(stat) ?? [];
        return name === "workerd" && Number(parent) === process.pid;
      })
      .map(Number);
  } catch {
    return [];
  }
}

/** Of all threads, in nanoseconds there. */
function cpuMs(pid: number | undefined): number | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const times = threads.map((thread) =>
      Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]),
    );
    const sum = times.reduce((total, time) => total + time, 0);
    return sum > 0 ? sum / 1e6 : null;
  } catch {
    return null;
  }
}

function residentBytes(pid: number | undefined): number | null {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`)) ?? [];
  return kilobytes === undefined ? null : 1024 * Number(kilobytes);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
