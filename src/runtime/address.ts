/** The address of a value in the kernels' memory: a byte offset. */
export type Address = number;
