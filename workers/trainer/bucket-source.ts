import type { DataSource } from "../../src/client/index.ts";
import { EdgepropError } from "../../src/errors.ts";
import { openDataset } from "../../src/protocol/index.ts";
import type { DatasetFile } from "../../src/protocol/index.ts";

export function datasetKey(name: string): string {
  return `datasets/${name}.safetensors`;
}

/** The examples of a dataset in the bucket, read in ranges: a client never holds more than its shard. */
export async function openBucketSource(bucket: R2Bucket, name: string): Promise<DataSource> {
  const key = datasetKey(name);
  const head = await bucket.head(key);
  if (head === null)
    throw new EdgepropError("not-found", `no dataset "${name}"; PUT /v1/datasets/${name} first`);

  async function readRange(begin: number, end: number): Promise<Uint8Array> {
    if (begin === end) return new Uint8Array();
    const part = await bucket.get(key, { range: { offset: begin, length: end - begin } });
    if (part === null) throw new EdgepropError("not-found", `the dataset "${name}" has gone`);
    return new Uint8Array(await part.arrayBuffer());
  }

  const file: DatasetFile = await openDataset(head.size, readRange);
  return {
    all: async () => file.read(0, file.numExamples),
    range: async (begin, end) => file.read(begin, end),
  };
}
