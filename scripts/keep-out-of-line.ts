import binaryen from "binaryen";

/**
 * Functions that stay functions, by patterns of their names. The optimizer would copy them into whatever calls them,
 * which for these makes devices load 0.7 KB more (gzipped) and no step measurably faster: they are called once per step,
 * panel, tile or row. Those that pack gemm's panels are not among them, but for a padded last panel: copied, they end a
 * cold isolate's first step 0.5 ms earlier. No loop over lanes has a call in it: test/kernels/release-wasm.test.ts.
 */
const outOfLine = [
  "src/kernels/layers/gelu/*",
  "src/kernels/layers/layer-norm/*",
  "src/kernels/math/exp/callExp4",
  "src/kernels/math/math64/*",
  "src/kernels/products/gemm/copyCorner",
  "src/kernels/products/pack/padTo8",
  "src/kernels/products/gram/*",
  "src/kernels/systems/conjugate-gradients/*",
  "src/kernels/systems/dual-filter/*",
  "src/kernels/systems/substitution/*",
  "src/kernels/training/adaptive-optimizers/*",
  "src/kernels/training/losses/*",
  "src/kernels/values/copies/*",
  "src/kernels/values/reductions/a*",
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
