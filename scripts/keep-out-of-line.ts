import binaryen from "binaryen";

/**
 * Functions that stay functions, by patterns of their names. The optimizer would copy them into whatever calls them,
 * which for these makes devices load 0.5 KB more (gzipped) and no step measurably faster: they are called once per step,
 * panel or row. The products, the prox filter's Gram matrix and the optimizers, where the time goes, are copied as before.
 */
const outOfLine = [
  "src/kernels/products/gemm/pack*",
  "src/kernels/products/gemm/copyCorner",
  "src/kernels/products/pack/*",
  "src/kernels/layers/activations/*",
  "src/kernels/layers/gelu/*",
  "src/kernels/layers/layer-norm/*",
  "src/kernels/layers/batch-norm/*",
  "src/kernels/systems/conjugate-*",
  "src/kernels/systems/dual-filter/*",
  "src/kernels/training/adaptive-optimizers/*",
  "src/kernels/training/losses/*",
  "src/kernels/values/copies/*",
];

/** A transform of the compiler's, which marks them between compilation and optimization. */
export const keepOutOfLine = {
  afterCompile(module: { runPasses(passes: readonly string[]): void }): void {
    for (const pattern of outOfLine) {
      binaryen.setPassArgument("no-inline", pattern);
      module.runPasses(["no-inline"]);
    }
  },
};
