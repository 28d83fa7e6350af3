/** A named part of the arena. */
export interface PlannedBuffer {
  readonly name: string;
  readonly bytes: number;
  /** From the start of the arena. */
  readonly offset: number;
}

/** Every buffer there is, before anything runs. */
export interface MemoryPlan {
  readonly buffers: readonly PlannedBuffer[];
  readonly totalBytes: number;
}

export interface BufferRequest {
  readonly name: string;
  readonly bytes: number;
}

/** One after the other, each on a multiple of 16 bytes. */
export function planBuffers(requests: readonly BufferRequest[]): MemoryPlan {
  let totalBytes = 0;
  const buffers = requests.map(({ name, bytes }) => {
    const offset = totalBytes;
    totalBytes += Math.ceil(bytes / 16) * 16;
    return { name, bytes, offset };
  });
  return { buffers, totalBytes };
}
