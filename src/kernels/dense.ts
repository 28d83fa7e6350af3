/** The kernels of the dense-only build: what its TypeScript can call, and nothing else. */
export { adagrad, adam, adamw, rmsprop } from "./adaptive-optimizers";
export { activate, leakyReluBackward, reluBackward, sigmoidBackward, tanhBackward } from "./activations";
export { choleskyFactor } from "./cholesky";
export { conjugateGradientsDual, conjugateGradientsPrimal } from "./conjugate-gradients";
export { scaleBytes, scaleFloats } from "./convert";
export { clear, fill } from "./copies";
export { filterRows } from "./dual-filter";
export { gelu, geluBackward } from "./gelu";
export { gemm, gemmActivated, gemmTransposedA, gemmTransposedB } from "./gemm";
export { gramOfColumns, gramOfRows } from "./gram";
export {
  huber,
  meanSquaredError,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  softmaxCrossEntropyDense,
  softmaxRows,
  sumOfWeights,
} from "./losses";
export { confusionCells, countBelow, labelRanks, sumAbsoluteErrors } from "./metrics";
export { momentum, sgd } from "./optimizers";
export { uniform } from "./random";
export { demoteRows, promoteRows } from "./right-panels";
export { choleskySolve } from "./substitution";
export {
  argmaxRows,
  columnSums,
  countCorrect,
  firstNonFinite,
  firstNoWeight,
  firstOutside,
  largestMagnitude,
  sumOfSquares,
} from "./reductions";
/** The first byte after static data: where the arena begins. */
export { __heap_base };
