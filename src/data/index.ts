export { selectExamples, sliceExamples, toDataset } from "./dataset.ts";
export type { Dataset, DatasetParts } from "./dataset.ts";
export { parseIdx } from "./idx.ts";
export { parsePartition, partitionExamples } from "./partition.ts";
export type { Partition } from "./partition.ts";
export { createRandom } from "./random.ts";
export type { Random } from "./random.ts";
export { isStream, streamExamples } from "./stream.ts";
export type { ExampleChunk, Examples, ExampleStream, StreamOptions } from "./stream.ts";
