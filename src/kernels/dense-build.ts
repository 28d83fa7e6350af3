/** The kernels of the dense-only build: those that its TypeScript can call. */
export { adagrad, adam, adamw, rmsprop } from "./training/adaptive-optimizers";
export {
  activate,
  leakyReluBackward,
  reluBackward,
  sigmoidBackward,
  tanhBackward,
} from "./layers/activations";
export { choleskyFactor } from "./systems/cholesky";
export { conjugateGradientsDual, conjugateGradientsPrimal } from "./systems/conjugate-gradients";
export { scaleBytes, scaleFloats } from "./values/convert";
export { clear, fill } from "./values/copies";
export { filterRows } from "./systems/dual-filter";
export { gelu, geluBackward } from "./layers/gelu";
export { gemm, gemmActivated, gemmTransposedA, gemmTransposedB } from "./products/gemm";
export { gramOfColumns, gramOfRows } from "./products/gram";
export {
  huber,
  meanSquaredError,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  softmaxCrossEntropyDense,
  softmaxRows,
  sumOfWeights,
} from "./training/losses";
export { confusionCells, countBelow, labelRanks, sumAbsoluteErrors } from "./values/metrics";
export { momentum, sgd } from "./training/optimizers";
export { uniform } from "./values/random";
export { demoteRows, promoteRows } from "./products/right-panels";
export { choleskySolve } from "./systems/substitution";
export {
  argmaxRows,
  columnSums,
  countCorrect,
  firstNonFinite,
  firstNoWeight,
  firstOutside,
  largestMagnitude,
  sumOfSquares,
} from "./values/reductions";
/** The first byte after static data: where the arena begins. */
export { __heap_base };
