export {
  leakyRelu,
  leakyReluBackward,
  relu,
  reluBackward,
  sigmoid,
  sigmoidBackward,
  tanh,
  tanhBackward,
} from "./activations";
export {
  channelMoments,
  channelSums,
  interpolate,
  inverseRoots,
  normalizeChannels,
  normalizeChannelsBackward,
  scaleChannels,
} from "./batch-norm";
export { choleskyFactor } from "./cholesky";
export {
  conjugateGradientsDual,
  conjugateGradientsPrimal,
  conjugateGradientsWorkBytes,
} from "./conjugate-gradients";
export { scaleBytes, scaleFloats, subtract } from "./convert";
export { addColumnSquares, conjugateGradientsAdvance, conjugateGradientsBegin } from "./conjugate-steps";
export { accumulate, clear, copy, fill } from "./copies";
export {
  channelPatches,
  depthwiseConv2d,
  depthwiseConv2dBackward,
  depthwiseConv2dGradient,
} from "./depthwise";
export { dualFilterWorkBytes, filterRows } from "./dual-filter";
export { firstNoToken, gatherRows, scatterRows } from "./embedding";
export { fixedPointAdd, fixedPointApply, fixedPointMerge } from "./fixed-point";
export { gelu, geluBackward } from "./gelu";
export { gemm, gemmScratchBytes, gemmTransposedA, gemmTransposedB } from "./gemm";
export { addGramOfColumns, clearSystem, gramOfColumns, gramOfRows, gramScratchBytes } from "./gram";
export { layerNorm, layerNormBackward, layerNormSums } from "./layer-norm";
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
export { adagrad, adam, adamw, momentum, rmsprop, sgd } from "./optimizers";
export { col2im, im2col } from "./patches";
export { dropout } from "./philox";
export { avgPool2d, avgPool2dBackward, maxPool2d, maxPool2dBackward } from "./pooling";
export { normal, uniform } from "./random";
export { demoteColumn, demoteRows, promoteRows } from "./right-panels";
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
export { addStatistics, firstBeyond, statisticsToSystem } from "./statistics";
/** The first byte after static data: where the arena begins. */
export { __heap_base };
