/** A named part of the arena. */
export interface PlannedBuffer {
  readonly name: string;
  readonly bytes: number;
  /** Bytes from the start of the arena. */
  readonly offset: number;
}

/** All buffers that a trainer needs, known before anything runs. */
export interface MemoryPlan {
  readonly buffers: readonly PlannedBuffer[];
  readonly totalBytes: number;
}

export interface BufferRequest {
  readonly name: string;
  readonly bytes: number;
}

/** Lays the buffers one after the other, each at a multiple of 16 bytes. */
export function planBuffers(requests: readonly BufferRequest[]): MemoryPlan {
  let totalBytes = 0;
  const buffers = requests.map(({ name, bytes }) => {
    const offset = totalBytes;
    totalBytes += Math.ceil(bytes / 16) * 16;
    return { name, bytes, offset };
  });
  return { buffers, totalBytes };
}
