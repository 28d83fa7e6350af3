/** The two builds of one source. */
export type KernelsBuild = "simd" | "relaxed-simd";

export interface LoadKernelsOptions {
  /** Force the build whose results are the same bytes in every engine. Default true. */
  readonly deterministic?: boolean;
}

/** How a platform hands over the compiled kernels. */
export type LoadKernels = (options?: LoadKernelsOptions) => WebAssembly.Module | Promise<WebAssembly.Module>;

/** A module with one function that does one f32x4.relaxed_madd, in base64. */
const relaxedProbe = "AGFzbQEAAAABBAFgAAADAgEAChQBEgBBAP0PQQD9D0EA/Q/9hQIaCw==";

/** relaxed-simd multiplies and adds with one rounding where the machine can: faster, but not alike everywhere. */
export function chooseKernelsBuild({ deterministic = true }: LoadKernelsOptions = {}): KernelsBuild {
  return !deterministic && hasRelaxedSimd() ? "relaxed-simd" : "simd";
}

function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(Uint8Array.from(atob(relaxedProbe), (character) => character.charCodeAt(0)));
}
