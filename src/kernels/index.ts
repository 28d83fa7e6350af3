/** All kernels: those of the dense-only build, and what other layers, runs and tests call beside them. */
export * from "./dense";
export {
  channelMoments,
  channelSums,
  interpolate,
  inverseRoots,
  normalizeChannels,
  normalizeChannelsBackward,
  scaleChannels,
} from "./batch-norm";
export { conjugateGradientsWorkBytes } from "./conjugate-gradients";
export { addColumnSquares, conjugateGradientsAdvance, conjugateGradientsBegin } from "./conjugate-steps";
export { accumulate, copy } from "./copies";
export {
  channelPatches,
  depthwiseConv2d,
  depthwiseConv2dBackward,
  depthwiseConv2dGradient,
} from "./depthwise";
export { dualFilterWorkBytes } from "./dual-filter";
export { firstNoToken, gatherRows, scatterRows } from "./embedding";
export { fixedPointAdd, fixedPointApply, fixedPointMerge } from "./fixed-point";
export { gemmScratchBytes } from "./gemm";
export { addGramOfColumns, clearSystem, gramScratchBytes } from "./gram";
export { layerNorm, layerNormBackward, layerNormSums } from "./layer-norm";
export { col2im, im2col } from "./patches";
export { dropout } from "./philox";
export { avgPool2d, avgPool2dBackward, maxPool2d, maxPool2dBackward } from "./pooling";
export { normal } from "./random";
export { demoteColumn } from "./right-panels";
export { addStatistics, firstBeyond, statisticsToSystem } from "./statistics";
