export { relu, reluBackward, sigmoid, sigmoidBackward, tanh, tanhBackward } from "./activations";
export { choleskyFactor } from "./cholesky";
export { scaleBytes, scaleFloats, subtract } from "./convert";
export { fixedPointAdd, fixedPointApply, fixedPointMaxAbs, fixedPointMerge } from "./fixed-point";
export { gemm, gemmScratchBytes, gemmTransposedA, gemmTransposedB } from "./gemm";
export { gramOfColumns, gramOfRows, gramScratchBytes } from "./gram";
export { meanSquaredError, sigmoidCrossEntropy, softmaxCrossEntropy, softmaxRows } from "./losses";
export { adam, momentum, sgd } from "./optimizers";
export { uniform } from "./random";
export { demoteRows, promoteRows } from "./right-panels";
export { choleskySolve } from "./substitution";
export { argmaxRows, columnSums, countCorrect, firstNonFinite, firstOutside } from "./reductions";
export { addStatistics, firstBeyond, statisticsToSystem } from "./statistics";
/** The first byte after static data: where the arena begins. */
export { __heap_base };
