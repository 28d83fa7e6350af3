/** A seeded stream of numbers: the same parts give the same stream everywhere. */
export interface Random {
  /** An integer in [0, 2^32). */
  readonly uint32: () => number;
  /** A number in [0, 1) with 53 random bits. */
  uniform(): number;
  /** An integer in [0, limit), all equally likely; limit is at most 2^32. */
  below(limit: number): number;
  /** Shuffles in place (Fisher & Yates); all orders are equally likely. */
  shuffle(values: Shufflable): void;
}

type Shufflable = unknown[] | Uint32Array;

/**
 * sfc32 (Chris Doty-Humphrey); its 96 bits of state are a hash of all the parts, their order and their types.
 *
 * @example
 * ```ts
 * const [a, b] = [createRandom(1, "shuffle"), createRandom(1, "shuffle")];
 * console.log(a.uint32() === b.uint32()); // true
 * ```
 */
export function createRandom(...parts: readonly (number | string)[]): Random {
  let [a, b, c] = hash96(JSON.stringify(parts));
  let counter = 1;

  function uint32(): number {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  function below(limit: number): number {
    // Numbers past the last whole multiple of limit would favour the low remainders.
    const whole = 2 ** 32 - (2 ** 32 % limit);
    let drawn = uint32();
    while (drawn >= whole) drawn = uint32();
    return drawn % limit;
  }

  // The generator's author recommends 12 draws before the first use, to mix in a poor seed.
  for (let i = 0; i < 12; i++) uint32();
  return {
    uint32,
    uniform: () => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) / 2 ** 53,
    below,
    shuffle(values) {
      for (let last = values.length - 1; last > 0; last--) swap(values, last, below(last + 1));
    },
  };
}

function swap(values: Shufflable, i: number, j: number): void {
  const kept = values[i];
  const array = values as unknown[];
  array[i] = values[j];
  array[j] = kept;
}

/** Three 32-bit hashes of a text: FNV-1a with three primes of its kind, finished as in MurmurHash3. */
function hash96(text: string): [number, number, number] {
  const hashes: [number, number, number] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    hashes[0] = Math.imul(hashes[0] ^ unit, 0x01000193);
    hashes[1] = Math.imul(hashes[1] ^ unit, 0x85ebca77);
    hashes[2] = Math.imul(hashes[2] ^ unit, 0xc2b2ae3d);
  }
  return [finish(hashes[0]), finish(hashes[1]), finish(hashes[2])];
}

function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
