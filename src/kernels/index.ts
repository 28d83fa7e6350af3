/** All kernels: those of the dense-only build, and what other layers and runs call beside them. */
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
export { firstNoToken, gatherRows, scatterRows } from "./layers/embedding";
export { fixedPointAdd, fixedPointApply, fixedPointMerge } from "./values/fixed-point";
export { addGramOfColumns, clearSystem } from "./products/gram";
export { layerNorm, layerNormBackward, layerNormSums } from "./layers/layer-norm";
export { col2im, im2col } from "./layers/patches";
export { dropout } from "./math/philox";
export { avgPool2d, avgPool2dBackward, maxPool2d, maxPool2dBackward } from "./layers/pooling";
export { normal } from "./values/random";
export { demoteColumn } from "./products/right-panels";
export { addStatistics, firstBeyond, statisticsToSystem } from "./systems/statistics";
