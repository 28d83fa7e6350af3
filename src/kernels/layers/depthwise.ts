import { loadLanes, storeLanes } from "../math/lanes";
import { multiplyAdd } from "../math/multiply-add";
import { columnSums } from "../values/reductions";

/*
 * A convolution of each channel by itself, four channels at a time. Images are (examples, height, width, channels);
 * params are (kernelSize^2 + 1, channels), the bias last. Taps outside the image count as zeros.
 */

/**
 * output (examples, outHeight, outWidth, channels) = bias + each channel's own taps; params (kernelSize^2 + 1,
 * channels), the bias last.
 */
export function depthwiseConv2d(
  examples: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelSize: i32,
  stride: i32,
  padTop: i32,
  padLeft: i32,
  outHeight: i32,
  outWidth: i32,
  images: usize,
  params: usize,
  output: usize,
): void {
  const pixel = <usize>channels * 4;
  const line = <usize>width * pixel;
  const bias = params + <usize>(kernelSize * kernelSize) * pixel;
  for (; examples > 0; examples--) {
    for (let outY: i32 = 0; outY < outHeight; outY++) {
      const top = outY * stride - padTop;
      const firstY = max(0, -top);
      const endY = min(kernelSize, height - top);
      for (let outX: i32 = 0; outX < outWidth; outX++) {
        const left = outX * stride - padLeft;
        const firstX = max(0, -left);
        const endX = min(kernelSize, width - left);
        for (let channel: i32 = 0; channel < channels; channel += 4) {
          const lanes = channels - channel;
          const at = <usize>channel * 4;
          let sum = loadLanes(bias + at, lanes);
          for (let y = firstY; y < endY; y++) {
            let from = images + <usize>(top + y) * line + <usize>(left + firstX) * pixel + at;
            let weight = params + <usize>(y * kernelSize + firstX) * pixel + at;
            for (let x = firstX; x < endX; x++) {
              sum = multiplyAdd(loadLanes(from, lanes), loadLanes(weight, lanes), sum);
              from += pixel;
              weight += pixel;
            }
          }
          storeLanes(output + at, lanes, sum);
        }
        output += pixel;
      }
    }
    images += <usize>height * line;
  }
}

/** inputGradient (examples, height, width, channels), from g of the output. */
export function depthwiseConv2dBackward(
  examples: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelSize: i32,
  stride: i32,
  padTop: i32,
  padLeft: i32,
  outHeight: i32,
  outWidth: i32,
  gradient: usize,
  params: usize,
  inputGradient: usize,
): void {
  const pixel = <usize>channels * 4;
  const line = <usize>width * pixel;
  memory.fill(inputGradient, 0, <usize>examples * <usize>height * line);
  for (; examples > 0; examples--) {
    for (let outY: i32 = 0; outY < outHeight; outY++) {
      const top = outY * stride - padTop;
      const firstY = max(0, -top);
      const endY = min(kernelSize, height - top);
      for (let outX: i32 = 0; outX < outWidth; outX++) {
        const left = outX * stride - padLeft;
        const firstX = max(0, -left);
        const endX = min(kernelSize, width - left);
        for (let channel: i32 = 0; channel < channels; channel += 4) {
          const lanes = channels - channel;
          const at = <usize>channel * 4;
          const g = loadLanes(gradient + at, lanes);
          for (let y = firstY; y < endY; y++) {
            let to = inputGradient + <usize>(top + y) * line + <usize>(left + firstX) * pixel + at;
            let weight = params + <usize>(y * kernelSize + firstX) * pixel + at;
            for (let x = firstX; x < endX; x++) {
              storeLanes(to, lanes, multiplyAdd(g, loadLanes(weight, lanes), loadLanes(to, lanes)));
              to += pixel;
              weight += pixel;
            }
          }
        }
        gradient += pixel;
      }
    }
    inputGradient += <usize>height * line;
  }
}

/** direction (kernelSize^2 + 1, channels): for each channel the sum of g over its patches, and of g alone. */
export function depthwiseConv2dGradient(
  examples: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelSize: i32,
  stride: i32,
  padTop: i32,
  padLeft: i32,
  outHeight: i32,
  outWidth: i32,
  images: usize,
  gradient: usize,
  direction: usize,
): void {
  const pixel = <usize>channels * 4;
  const line = <usize>width * pixel;
  const taps = kernelSize * kernelSize;
  memory.fill(direction, 0, <usize>taps * pixel);
  let image = images;
  let g = gradient;
  // Image by image: one stays in the cache through all taps, and shorter sums round less.
  for (let example: i32 = 0; example < examples; example++) {
    for (let tap: i32 = 0; tap < taps; tap++) {
      const tapY = tap / kernelSize - padTop;
      const tapX = (tap % kernelSize) - padLeft;
      // Outputs whose tap lies inside the image: 0 <= out stride + tap < length.
      const firstX = tapX >= 0 ? 0 : (stride - 1 - tapX) / stride;
      const endX = tapX >= width ? 0 : min(outWidth, (width - 1 - tapX) / stride + 1);
      for (let channel: i32 = 0; channel < channels; channel += 4) {
        const lanes = channels - channel;
        const at = <usize>channel * 4;
        let sum = f32x4.splat(0);
        for (let outY: i32 = 0; outY < outHeight; outY++) {
          const y = outY * stride + tapY;
          if (y < 0 || y >= height) continue;
          let from = image + at + <usize>y * line + <usize>(firstX * stride + tapX) * pixel;
          let own = g + at + <usize>(outY * outWidth + firstX) * pixel;
          for (let outX = firstX; outX < endX; outX++) {
            sum = multiplyAdd(loadLanes(from, lanes), loadLanes(own, lanes), sum);
            from += <usize>stride * pixel;
            own += pixel;
          }
        }
        const to = direction + <usize>tap * pixel + at;
        storeLanes(to, lanes, f32x4.add(loadLanes(to, lanes), sum));
      }
    }
    image += <usize>height * line;
    g += <usize>(outHeight * outWidth) * pixel;
  }
  columnSums(examples * outHeight * outWidth, channels, channels, gradient, direction + <usize>taps * pixel);
}

/**
 * patches (lines x outWidth, kernelSize^2) of one channel: the rows of `lines` output lines, counted through all
 * examples from `firstLine`.
 */
export function channelPatches(
  firstLine: i32,
  lines: i32,
  height: i32,
  width: i32,
  channels: i32,
  channel: i32,
  kernelSize: i32,
  stride: i32,
  padTop: i32,
  padLeft: i32,
  outHeight: i32,
  outWidth: i32,
  images: usize,
  patches: usize,
): void {
  const pixel = <usize>channels * 4;
  const line = <usize>width * pixel;
  for (let outLine = firstLine; outLine < firstLine + lines; outLine++) {
    const image = images + <usize>(outLine / outHeight) * <usize>height * line + <usize>channel * 4;
    const top = (outLine % outHeight) * stride - padTop;
    for (let outX: i32 = 0; outX < outWidth; outX++) {
      const left = outX * stride - padLeft;
      for (let y = top; y < top + kernelSize; y++) {
        for (let x = left; x < left + kernelSize; x++) {
          const isInside = y >= 0 && y < height && x >= 0 && x < width;
          store<f32>(patches, isInside ? load<f32>(image + <usize>y * line + <usize>x * pixel) : 0);
          patches += 4;
        }
      }
    }
  }
}
