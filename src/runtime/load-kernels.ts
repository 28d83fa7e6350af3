/** The two builds of one source. */
export type KernelsBuild = "simd" | "relaxed-simd";

export interface LoadKernelsOptions {
  /** Force the build whose results are the same bytes in every engine. Default true. */
  readonly deterministic?: boolean;
}

/** Gives the compiled kernels; every platform has its own way to load them. */
export type LoadKernels = (options?: LoadKernelsOptions) => WebAssembly.Module | Promise<WebAssembly.Module>;

/** A wasm module whose one function has f32x4.relaxed_madd behind an unreachable, in base64. */
const relaxedProbe = "AGFzbQEAAAABBAFgAAADAgEACgkBBwAA/YUCGgs=";

/** relaxed-simd fuses multiply and add into one rounding where the machine can: faster, but not the same bytes everywhere. */
export function chooseKernelsBuild({ deterministic = true }: LoadKernelsOptions = {}): KernelsBuild {
  return !deterministic && hasRelaxedSimd() ? "relaxed-simd" : "simd";
}

function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(Uint8Array.from(atob(relaxedProbe), (character) => character.charCodeAt(0)));
}
