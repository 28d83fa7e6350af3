import { EdgepropError } from "../../src/errors.ts";

/** A secret that is absent or guessable would open every door. */
export function requireSecret(secret: string | undefined, name: string): string {
  if (secret === undefined || secret.length < 16) {
    throw new EdgepropError(
      "bad-option",
      `the secret ${name} is not set or shorter than 16 characters; see the README`,
    );
  }
  return secret;
}

/** The token of `Authorization: Bearer <token>`; throws `unauthorized` without one. */
export function bearerToken(authorization: string | undefined): string {
  const token = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) {
    throw new EdgepropError("unauthorized", "no token; send the header `Authorization: Bearer <token>`");
  }
  return token;
}

/** Compares digests, so that the time taken tells nothing about the secret. */
export async function isSameSecret(a: string, b: string): Promise<boolean> {
  return crypto.subtle.timingSafeEqual(await sha256(a), await sha256(b));
}

export async function sha256Hex(text: string): Promise<string> {
  return Array.from(new Uint8Array(await sha256(text)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}

async function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
