import { createRandom, toDataset } from "../../src/data/index.ts";
import { adam, dense, paramsLayout, sequential } from "../../src/node.ts";
import { encodeParams } from "../../src/protocol/index.ts";
import type { FinetuneMetrics, FinetuneRequest } from "../../src/protocol/index.ts";
import { secrets } from "./processes/local.ts";

export const model = sequential({ input: [6] }, [
  dense(12, { activation: "relu" }),
  dense(8, { activation: "tanh" }),
  dense(3),
]);
export const layout = paramsLayout(model);
const random = createRandom("finetune");
export const params = Float32Array.from({ length: model.numParams }, () => random.uniform() - 0.5);
export const paramsFile = encodeParams(layout, params);
/** 40 examples of 3 classes, of values that JSON and float32 write alike. */
export const examples = toDataset({
  inputs: Float32Array.from({ length: 40 * 6 }, (_, i) => ((i * 37) % 64) / 64),
  targets: Int32Array.from({ length: 40 }, (_, i) => i % 3),
  inputSize: 6,
});

export function toRows(values: ArrayLike<number>, width: number): number[][] {
  const all = Array.from(values);
  return Array.from({ length: all.length / width }, (_, row) => all.slice(row * width, (row + 1) * width));
}

export const inline = { inputs: toRows(examples.inputs, 6), labels: [...examples.targets] };
export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
export const request: FinetuneRequest = {
  model,
  params: base64(paramsFile),
  examples: inline,
  optimizer: adam({ learningRate: 0.01 }),
  steps: 25,
  batchSize: 8,
  seed: 3,
};

export interface Finetuned {
  readonly body: Uint8Array;
  readonly metrics: FinetuneMetrics & { readonly cpuMs: number };
}

/** The fields and files of a multipart body; what is neither text nor bytes is sent as JSON. */
export function toForm(parts: Record<string, unknown>): FormData {
  const form = new FormData();
  for (const [name, part] of Object.entries(parts)) {
    if (part instanceof Uint8Array) form.set(name, new Blob([new Uint8Array(part)]), name);
    else form.set(name, typeof part === "string" ? part : JSON.stringify(part));
  }
  return form;
}

/** The calls of a trainer; a body that is no form is sent as JSON. */
export function createCalls(trainerUrl: () => string) {
  async function post(path: string, body: unknown): Promise<Response> {
    const headers = new Headers({ authorization: `Bearer ${secrets.trainerToken}` });
    if (!(body instanceof FormData)) headers.set("content-type", "application/json");
    const content = body instanceof FormData ? body : JSON.stringify(body);
    return fetch(`${trainerUrl()}${path}`, { method: "POST", headers, body: content });
  }

  return {
    post,
    /** Of a call that succeeds. */
    async finetune(body: unknown): Promise<Finetuned> {
      const response = await post("/v1/finetune", body);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status !== 200) throw new Error(new TextDecoder().decode(bytes));
      const header = response.headers.get("edgeprop-metrics") ?? "";
      return { body: bytes, metrics: JSON.parse(header) as Finetuned["metrics"] };
    },
    /** Of a call that is refused. */
    async refusal(
      path: string,
      body: unknown,
    ): Promise<{ status: number; type: string; detail: string; code: string }> {
      const response = await post(path, body);
      const problem = (await response.json()) as { detail: string; code: string };
      return { ...problem, status: response.status, type: response.headers.get("content-type") ?? "" };
    },
  };
}
