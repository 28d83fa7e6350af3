import { z } from "zod";
import { EdgepropError } from "../../src/errors.ts";
import { paramsLayout } from "../../src/model/index.ts";
import type { Model } from "../../src/model/index.ts";
import { decodeParams } from "../../src/protocol/index.ts";
import type { ParamsSource } from "../../src/protocol/index.ts";
import { naming } from "./naming.ts";
import { maxCallBytes } from "./request-parts.ts";

const fetchTimeoutMs = 20_000;

export const paramsSource = z.union(
  [
    z.string(),
    z.strictObject({
      url: z.url({ protocol: /^https?$/ }),
      token: z.exactOptional(z.string().min(1).max(4096)),
    }),
  ],
  { error: "expected base64, or { url, token } with an http(s) address" },
);

/** The params of a call, flat: from its file, from base64, or from an address. */
export async function loadParams(
  model: Model,
  source: ParamsSource | undefined,
  file: Uint8Array | undefined,
): Promise<Float32Array> {
  if ((source === undefined) === (file === undefined)) {
    throw new EdgepropError(
      "bad-request",
      file === undefined
        ? "params: are missing; send a file, base64, or the address of a run's model"
        : "params: are there twice, as a file and in the request",
    );
  }
  return naming("params", async () => {
    const bytes = file ?? (typeof source === "string" ? fromBase64(source) : await download(source));
    return decodeParams(paramsLayout(model), bytes);
  });
}

export function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new EdgepropError("bad-request", `${text.length} characters that are not base64`, { cause });
  }
}

/** A redirect is not followed: it would carry the token to wherever it points. */
async function download(source: Exclude<ParamsSource, string> | undefined): Promise<Uint8Array> {
  const { url = "", token } = source ?? {};
  const headers = new Headers();
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  let response: Response;
  try {
    response = await fetch(url, {
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(fetchTimeoutMs),
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EdgepropError("unreachable", `${url} did not answer: ${reason}`, { cause });
  }
  if (response.ok) return readAtMost(response, maxCallBytes);
  await response.body?.cancel();
  const { status } = response;
  if (status === 401 || status === 403)
    throw new EdgepropError("forbidden", `${url} answered ${status}: the token does not open it`);
  throw new EdgepropError(
    status >= 500 ? "unreachable" : "bad-request",
    `${url} answered ${status}; expected 200 with a safetensors file`,
  );
}

async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of response.body ?? []) {
      size += part.length;
      if (size > maxBytes)
        throw new EdgepropError("too-large", `${response.url} sends more than ${maxBytes} bytes`);
      parts.push(part);
    }
  } catch (cause) {
    if (cause instanceof EdgepropError) throw cause;
    throw new EdgepropError("unreachable", `${response.url} broke off after ${size} bytes`, { cause });
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
