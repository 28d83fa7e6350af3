/** All kernels: those of the dense-only build, and what other layers, runs and tests call beside them. */
export * from "./dense-build";
export {
  channelMoments,
  channelSums,
  interpolate,
  inverseRoots,
  normalizeChannels,
  normalizeChannelsBackward,
  scaleChannels,
} from "./layers/batch-norm";
export { conjugateGradientsWorkBytes } from "./systems/conjugate-gradients";
export {
  addColumnSquares,
  conjugateGradientsAdvance,
  conjugateGradientsBegin,
} from "./systems/conjugate-steps";
export { accumulate, copy } from "./values/copies";
export {
  channelPatches,
  depthwiseConv2d,
  depthwiseConv2dBackward,
  depthwiseConv2dGradient,
} from "./layers/depthwise";
export { dualFilterWorkBytes } from "./systems/dual-filter";
export { firstNoToken, gatherRows, scatterRows } from "./layers/embedding";
export { fixedPointAdd, fixedPointApply, fixedPointMerge } from "./values/fixed-point";
export { gemmScratchBytes } from "./products/gemm";
export { addGramOfColumns, clearSystem, gramScratchBytes } from "./products/gram";
export { layerNorm, layerNormBackward, layerNormSums } from "./layers/layer-norm";
export { col2im, im2col } from "./layers/patches";
export { dropout } from "./math/philox";
export { avgPool2d, avgPool2dBackward, maxPool2d, maxPool2dBackward } from "./layers/pooling";
export { normal } from "./values/random";
export { demoteColumn } from "./products/right-panels";
export { addStatistics, firstBeyond, statisticsToSystem } from "./systems/statistics";
