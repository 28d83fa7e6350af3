import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EdgepropError } from "../../errors.ts";
import type { LocalSecrets } from "./local-runtime.ts";

/** Fresh secrets for this command. EDGEPROP_ADMIN_TOKEN and EDGEPROP_TRAINER_TOKEN set those that curl needs. */
export function createSecrets(): LocalSecrets {
  return withEnvironment({
    adminToken: randomSecret(),
    tokenSecret: randomSecret(),
    trainerToken: randomSecret(),
  });
}

/** The secrets in `folder`, made on the first use and kept, so that the tokens of its runs stay valid. */
export async function loadSecrets(folder: string): Promise<LocalSecrets> {
  const path = join(folder, "secrets.json");
  try {
    return withEnvironment(parseSecrets(await readFile(path, "utf8"), path));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const secrets = createSecrets();
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.new`, JSON.stringify(secrets), { mode: 0o600 });
  await rename(`${path}.new`, path);
  return secrets;
}

function parseSecrets(text: string, path: string): LocalSecrets {
  const bad = new EdgepropError(
    "bad-file",
    `${path} does not hold the secrets; remove it, and its runs' tokens expire`,
  );
  let value: Partial<LocalSecrets>;
  try {
    value = JSON.parse(text) as Partial<LocalSecrets>;
  } catch {
    throw bad;
  }
  const { adminToken, tokenSecret, trainerToken } = value;
  if (typeof adminToken !== "string" || typeof tokenSecret !== "string" || typeof trainerToken !== "string")
    throw bad;
  return { adminToken, tokenSecret, trainerToken };
}

function withEnvironment(secrets: LocalSecrets): LocalSecrets {
  return {
    ...secrets,
    adminToken: chosen("EDGEPROP_ADMIN_TOKEN") ?? secrets.adminToken,
    trainerToken: chosen("EDGEPROP_TRAINER_TOKEN") ?? secrets.trainerToken,
  };
}

function chosen(name: string): string | undefined {
  const token = process.env[name];
  if (token !== undefined && token.length < 16) {
    throw new EdgepropError("bad-option", `${name} has ${token.length} characters; expected at least 16`);
  }
  return token;
}

function randomSecret(): string {
  return randomBytes(24).toString("base64url");
}
