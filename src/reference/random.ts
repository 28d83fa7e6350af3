import { createRandom } from "../index.ts";

export interface DropoutPlace {
  readonly rate: number;
  readonly seed: number;
  readonly step: number;
  readonly layer: number;
}

/**
 * What each value of a dropout layer is multiplied with: 0, or 1 / (1 - rate).
 *
 * @example const factors = dropoutFactors(8, { rate: 0.5, seed: 1, step: 1, layer: 2 });
 */
export function dropoutFactors(count: number, { rate, seed, step, layer }: DropoutPlace): number[] {
  const random = createRandom(seed, "dropout");
  const key = [random.uint32(), random.uint32()] as const;
  const threshold = Math.floor(rate * 2 ** 32);
  const blocks = Array.from({ length: Math.ceil(count / 4) }, (_, block) =>
    philox([block, layer, step % 2 ** 32, Math.floor(step / 2 ** 32)], key),
  );
  return blocks
    .flat()
    .slice(0, count)
    .map((bits) => (bits >= threshold ? 1 / (1 - rate) : 0));
}

type Counter = readonly [number, number, number, number];

/**
 * Philox4x32-10 as its paper has it (Salmon, Moraes, Dror & Shaw 2011), in whole numbers.
 *
 * @example const [first] = philox([0, 0, 0, 0], [0, 0]);
 */
export function philox(counter: Counter, key: readonly [number, number]): Counter {
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  const low = (value: bigint) => BigInt.asUintN(32, value);
  for (let round = 0; round < 10; round++) {
    const [a, b] = [c0 * 0xd2511f53n, c2 * 0xcd9e8d57n];
    [c0, c1, c2, c3] = [(b >> 32n) ^ c1 ^ k0, low(b), (a >> 32n) ^ c3 ^ k1, low(a)];
    [k0, k1] = [low(k0 + 0x9e3779b9n), low(k1 + 0xbb67ae85n)];
  }
  return [Number(c0), Number(c1), Number(c2), Number(c3)];
}
