import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { EdgepropError } from "../../src/errors.ts";
import { toProblem } from "./problems.ts";

/** Refuses a larger body before it is parsed. */
export function limitBody(maxBytes: number): MiddlewareHandler {
  const error = new EdgepropError("too-large", `the body is larger than ${maxBytes} bytes`);
  const limit = bodyLimit({ maxSize: maxBytes, onError: () => toProblem(error) });
  return async (c, next) => {
    try {
      return await limit(c, next);
    } catch (cause) {
      // The limit counts the bytes of a body in chunks itself; what a route throws does not come here.
      throw cutOff(cause);
    }
  };
}

function cutOff(cause: unknown): EdgepropError {
  return new EdgepropError("bad-request", "the body was cut off; send it again", { cause });
}

export async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch (cause) {
    throw new EdgepropError("bad-request", "the body is not JSON", { cause });
  }
}

/** The whole body; throws `bad-request` where the connection broke before its end. */
export async function readBytes(request: Request): Promise<Uint8Array> {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch (cause) {
    throw cutOff(cause);
  }
}
