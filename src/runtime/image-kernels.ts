import type { Address } from "./address.ts";

/** The kernels on images (examples, height, width, channels): convolutions as products of patches, and pooling. */
export interface ImageKernels {
  /** patches (lines x outWidth, kernelSize^2 channels) of output lines from firstLine on, through all images. */
  im2col(
    firstLine: number,
    lines: number,
    height: number,
    width: number,
    channels: number,
    kernelSize: number,
    stride: number,
    padTop: number,
    padLeft: number,
    outHeight: number,
    outWidth: number,
    images: Address,
    patches: Address,
  ): void;
  /** images += such patches, each value where it came from. */
  col2im(
    firstLine: number,
    lines: number,
    height: number,
    width: number,
    channels: number,
    kernelSize: number,
    stride: number,
    padTop: number,
    padLeft: number,
    outHeight: number,
    outWidth: number,
    patches: Address,
    images: Address,
  ): void;
  maxPool2d(
    examples: number,
    height: number,
    width: number,
    channels: number,
    size: number,
    input: Address,
    output: Address,
  ): void;
  maxPool2dBackward(
    examples: number,
    height: number,
    width: number,
    channels: number,
    size: number,
    input: Address,
    output: Address,
    gradient: Address,
    inputGradient: Address,
  ): void;
  avgPool2d(
    examples: number,
    height: number,
    width: number,
    channels: number,
    windowHeight: number,
    windowWidth: number,
    input: Address,
    output: Address,
  ): void;
  avgPool2dBackward(
    examples: number,
    height: number,
    width: number,
    channels: number,
    windowHeight: number,
    windowWidth: number,
    gradient: Address,
    inputGradient: Address,
  ): void;
  /** params (kernelSize^2 + 1, channels), the bias last. */
  depthwiseConv2d(
    examples: number,
    height: number,
    width: number,
    channels: number,
    kernelSize: number,
    stride: number,
    padTop: number,
    padLeft: number,
    outHeight: number,
    outWidth: number,
    images: Address,
    params: Address,
    output: Address,
  ): void;
  depthwiseConv2dBackward(
    examples: number,
    height: number,
    width: number,
    channels: number,
    kernelSize: number,
    stride: number,
    padTop: number,
    padLeft: number,
    outHeight: number,
    outWidth: number,
    gradient: Address,
    params: Address,
    inputGradient: Address,
  ): void;
  depthwiseConv2dGradient(
    examples: number,
    height: number,
    width: number,
    channels: number,
    kernelSize: number,
    stride: number,
    padTop: number,
    padLeft: number,
    outHeight: number,
    outWidth: number,
    images: Address,
    gradient: Address,
    direction: Address,
  ): void;
  /** patches (lines x outWidth, kernelSize^2) of one channel. */
  channelPatches(
    firstLine: number,
    lines: number,
    height: number,
    width: number,
    channels: number,
    channel: number,
    kernelSize: number,
    stride: number,
    padTop: number,
    padLeft: number,
    outHeight: number,
    outWidth: number,
    images: Address,
    patches: Address,
  ): void;
}
