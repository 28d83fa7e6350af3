export { selectExamples, toDataset } from "./dataset.ts";
export type { Dataset, DatasetParts } from "./dataset.ts";
export { parseIdx } from "./idx.ts";
export type { IdxArray } from "./idx.ts";
export { parsePartition, partitionExamples } from "./partition.ts";
export type { Partition, PartitionOptions } from "./partition.ts";
export { createRandom } from "./random.ts";
export type { Random } from "./random.ts";
