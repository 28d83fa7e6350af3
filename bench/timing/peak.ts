import { join } from "node:path";
import { chooseKernelsBuild } from "../../src/runtime/index.ts";

const root = join(import.meta.dirname, "../..");
/** 12 vectors of 4 lanes, a multiplication and an addition each. */
const flopsPerRound = 12 * 4 * 2;
const roundsPerCall = 20_000;

/** One call of the peak kernel, and its floating-point operations. */
export interface PeakKernel {
  readonly run: () => void;
  readonly flops: number;
}

/** Compiles bench/kernels/peak.ts, with relaxed multiply-adds where the engine has them. */
export async function createPeakKernel(): Promise<PeakKernel> {
  const { default: asc } = await import("assemblyscript/asc");
  const features =
    chooseKernelsBuild({ deterministic: false }) === "simd" ? ["simd"] : ["simd", "relaxed-simd"];
  let binary = new Uint8Array();
  const { error } = await asc.main(
    [
      "bench/kernels/peak.ts",
      `--baseDir=${root}`,
      "--config=bench/kernels/asconfig.json",
      "--outFile=peak.wasm",
      ...features.map((feature) => `--enable=${feature}`),
    ],
    {
      stderr: process.stderr,
      writeFile: (_file, contents) => {
        binary = Uint8Array.from(contents as Uint8Array);
      },
    },
  );
  if (error !== null) throw new Error("bench/kernels/peak.ts does not compile", { cause: error });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), {});
  const peak = exports["peak"] as (rounds: number, factor: number, addend: number) => number;
  return {
    flops: flopsPerRound * roundsPerCall,
    run: () => {
      // The fixed point of x / 2 + 1 / 2 is 1: the exact answer after many rounds is the sum of twelve ones.
      const sum = peak(roundsPerCall, 0.5, 0.5);
      if (sum !== 12) throw new Error(`the peak kernel returned ${sum}; expected 12`);
    },
  };
}
