import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of edgeprop's package.json, from src/cli as well as from dist/cli. */
export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
