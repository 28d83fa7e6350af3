/**
 * How much scratch the kernels need, in bytes: a build for the test that holds src/runtime/scratch.ts against it. No
 * device carries it.
 */
export { conjugateGradientsWorkBytes } from "./systems/conjugate-gradients";
export { dualFilterWorkBytes } from "./systems/dual-filter";
export { gemmScratchBytes } from "./products/gemm";
export { gramScratchBytes } from "./products/gram";
export { __heap_base };
