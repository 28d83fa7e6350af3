import { startCompetitor } from "../peers/competitor.ts";
import type { Competitor } from "../peers/competitor.ts";
import { defaultInterleave, interleave } from "../timing/interleave.ts";
import type { Measured } from "../timing/interleave.ts";
import { forms, productTolerance } from "../problems/products.ts";
import { installPeers, progress, runBenchmark } from "../command/report.ts";
import { rounded } from "../timing/statistics.ts";

/** m, n, k of C (m, n): a layer at batch 32, two cache sizes, the paper's first layer at its batch. */
const sizes = [
  [32, 256, 784],
  [256, 256, 256],
  [512, 512, 512],
  [500, 4000, 3072],
] as const;
const options = { rounds: 9, sliceMs: 80, contestantMs: 2500 };

/** GFLOP/s of the matrix product in its three forms, beside the machine's 128-bit peak in the same rounds. */
export async function run(args: readonly string[]): Promise<void> {
  const description =
    "GFLOP/s of the matrix products beside the machine's peak, tfjs-wasm and onnxruntime-web.";
  await runBenchmark({ name: "gemm", description }, args, measure);
}

async function measure(): Promise<object> {
  await installPeers(["onnxruntime-web"]);
  const cases = [];
  for (const [m, n, k] of sizes) {
    // Processes of their own for every size: none inherits another's heap.
    const competitors = [
      startCompetitor("edgeprop"),
      startCompetitor("edgeprop", "peak"),
      startCompetitor("tfjs-wasm"),
      startCompetitor("onnxruntime-web"),
    ];
    try {
      for (const form of forms) {
        const product = { form, m, n, k };
        cases.push({ ...product, ...(await measureForm(competitors, product)) });
      }
    } finally {
      for (const competitor of competitors) await competitor.close();
    }
  }
  return {
    unit: "GFLOP/s",
    options: { ...defaultInterleave, ...options },
    tolerance: productTolerance,
    cases,
  };
}

type Product = { form: (typeof forms)[number]; m: number; n: number; k: number };

async function measureForm(competitors: readonly Competitor[], product: Product): Promise<object> {
  const notes: string[] = [];
  const ready: Competitor[] = [];
  const flops = new Map<string, number>();
  for (const competitor of competitors) {
    const { name } = competitor;
    try {
      const prepared = await competitor.prepare(
        name === "peak" ? { kind: "peak" } : { kind: "product", product },
      );
      const [error = 0] = prepared.check;
      // Also where the error is NaN.
      if (!(error <= productTolerance))
        throw new WrongProduct(`${name} is wrong by ${error} of the largest sum`);
      if (prepared.note !== undefined) notes.push(`${name}: ${prepared.note}`);
      flops.set(name, prepared.flops ?? 2 * product.m * product.n * product.k);
      ready.push(competitor);
    } catch (error) {
      if (name === "edgeprop" || name === "peak" || error instanceof WrongProduct) throw error;
      notes.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const measured = await interleave(ready, options);
  const rate = (name: string): number | null => toRate(measured.get(name), flops.get(name));
  const [edgeprop, peak] = [rate("edgeprop"), rate("peak")];
  const result = {
    edgeprop,
    peak,
    peakFraction: edgeprop === null || peak === null ? null : rounded(edgeprop / peak, 3),
    tfjsWasm: rate("tfjs-wasm"),
    onnxruntimeWeb: rate("onnxruntime-web"),
    spread: Object.fromEntries([...measured].map(([name, { spread }]) => [name, spread])),
    notes,
  };
  const { form, m, n, k } = product;
  progress(
    `gemm ${form} ${m} x ${k} x ${n}: edgeprop ${edgeprop} of ${peak} GFLOP/s (${result.peakFraction}), ` +
      `tfjs-wasm ${result.tfjsWasm}, onnxruntime-web ${result.onnxruntimeWeb}`,
  );
  return result;
}

function toRate(measured: Measured | undefined, flops = 0): number | null {
  return measured === undefined ? null : rounded((measured.rate * flops) / 1e9);
}

class WrongProduct extends Error {}
