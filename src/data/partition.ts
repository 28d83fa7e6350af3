import { EdgepropError } from "../errors.ts";
import { createRandom } from "./random.ts";
import type { Random } from "./random.ts";

/** How examples are spread over clients. */
export type Partition = { readonly kind: "iid" } | { readonly kind: "dirichlet"; readonly alpha: number };

/** `iid` or `dirichlet:<alpha>`; throws `bad-option`. */
export function parsePartition(text: string): Partition {
  if (text === "iid") return { kind: "iid" };
  const alpha = Number(/^dirichlet:(.+)$/.exec(text)?.[1]);
  if (Number.isFinite(alpha) && alpha > 0) return { kind: "dirichlet", alpha };
  throw new EdgepropError(
    "bad-option",
    `partition is "${text}"; expected iid or dirichlet:<alpha> with alpha > 0, such as dirichlet:0.5`,
  );
}

export interface PartitionOptions {
  readonly clients: number;
  readonly partition: Partition;
  readonly seed: number;
}

/**
 * The indices of each client's examples: every example belongs to exactly one client, every client has at least one.
 * dirichlet: for each class, the clients' shares are one draw of Dirichlet(alpha) (Hsu et al. 2019): the smaller
 * alpha, the fewer classes each client sees.
 */
export function partitionExamples(
  labels: ArrayLike<number>,
  { clients, partition, seed }: PartitionOptions,
): number[][] {
  if (labels.length < clients) {
    throw new EdgepropError(
      "bad-option",
      `${labels.length} examples cannot be split over ${clients} clients`,
    );
  }
  const random = createRandom(seed, "partition");
  const shards =
    partition.kind === "iid"
      ? splitEvenly(labels.length, clients, random)
      : splitByLabel(labels, clients, partition.alpha, random);
  fillEmpty(shards);
  for (const shard of shards) random.shuffle(shard);
  return shards;
}

function splitEvenly(count: number, clients: number, random: Random): number[][] {
  const indices = Array.from({ length: count }, (_, index) => index);
  random.shuffle(indices);
  return Array.from({ length: clients }, (_, client) =>
    indices.slice(Math.floor((client * count) / clients), Math.floor(((client + 1) * count) / clients)),
  );
}

function splitByLabel(labels: ArrayLike<number>, clients: number, alpha: number, random: Random): number[][] {
  const byLabel = new Map<number, number[]>();
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] ?? 0;
    const members = byLabel.get(label) ?? [];
    members.push(index);
    byLabel.set(label, members);
  }
  const shards: number[][] = Array.from({ length: clients }, () => []);
  for (const [, members] of [...byLabel].toSorted(([a], [b]) => a - b)) {
    random.shuffle(members);
    let begin = 0;
    let cumulative = 0;
    for (const [client, share] of drawDirichlet(clients, alpha, random).entries()) {
      cumulative += share;
      const end = client === clients - 1 ? members.length : Math.round(cumulative * members.length);
      shards[client]?.push(...members.slice(begin, end));
      begin = Math.max(begin, end);
    }
  }
  return shards;
}

/** A client without examples takes one from the client with the most. */
function fillEmpty(shards: number[][]): void {
  for (const shard of shards.filter(({ length }) => length === 0)) {
    const largest = shards.reduce((a, b) => (b.length > a.length ? b : a));
    const taken = largest.pop();
    if (taken !== undefined) shard.push(taken);
  }
}

/** Normalised Gamma(alpha) draws, by their logarithms: with a small alpha the draws themselves underflow. */
function drawDirichlet(count: number, alpha: number, random: Random): number[] {
  const logs = Array.from({ length: count }, () => drawLogGamma(alpha, random));
  const largest = Math.max(...logs);
  const draws = logs.map((log) => Math.exp(log - largest));
  const sum = draws.reduce((a, b) => a + b, 0);
  return draws.map((draw) => draw / sum);
}

/** log of Gamma(alpha, 1): Marsaglia & Tsang (2000) at alpha + 1, then x U^(1 / alpha). */
function drawLogGamma(alpha: number, random: Random): number {
  const d = alpha + 1 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
      return Math.log(d * v) + Math.log(1 - random.uniform()) / alpha;
    }
  }
}

/** Box & Muller. */
function drawNormal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
  return radius * Math.cos(2 * Math.PI * random.uniform());
}
