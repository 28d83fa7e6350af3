import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import type { Bundle } from "./bundle.ts";
import { childrenNamed, cpuMs, residentBytes } from "./process-usage.ts";
import type { HostProcess, Program } from "./program.ts";

/** A workerd process that makes fresh isolates of its programs on demand, one for every new id. */
export interface Workerd extends HostProcess {
  /** The isolate of this id; its first input makes it. */
  isolate(program: string, id: string): Program<IsolateInput, IsolateOutput>;
}

interface IsolateInput {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface IsolateOutput {
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

export async function startWorkerd(programs: Readonly<Record<string, Bundle>>): Promise<Workerd> {
  const files = Object.entries(programs).flatMap(([program, { code, wasm }]) => [
    { type: "Text" as const, path: `${program}/main.js.txt`, contents: new TextDecoder().decode(code) },
    ...[...wasm].map(([name, contents]) => ({
      type: "Data" as const,
      path: `${program}/${name}.bin`,
      contents: Uint8Array.from(contents),
    })),
  ]);
  const known = new Set(childrenNamed("workerd"));
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
  const pid = childrenNamed("workerd").find((each) => !known.has(each));
  return {
    isolate: (program, id) => ({
      async ask({ body, headers = {} }) {
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
    }),
    residentBytes: () => residentBytes(pid),
    stop: () => miniflare.dispose(),
  };
}
