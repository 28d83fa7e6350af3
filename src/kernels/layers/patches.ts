import { accumulate, copy } from "../values/copies";

/*
 * A convolution as a product: the patch matrix has a row for every output position, (kernelSize, kernelSize,
 * channels) values each, zeros where a patch lies outside the image. Images are (examples, height, width, channels).
 * A block is `lines` output lines of outWidth positions, counted through all examples from `firstLine`.
 */

/**
 * patches (lines x outWidth, kernelSize^2 channels) = the rows of `lines` output lines, counted through all images
 * from `firstLine`; zeros where a patch lies outside its image.
 */
export function im2col(
  firstLine: i32,
  lines: i32,
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
  patches: usize,
): void {
  const runBytes = <usize>(kernelSize * channels) * 4;
  const imageLine = <usize>width * <usize>channels * 4;
  for (let line = firstLine; line < firstLine + lines; line++) {
    const image = images + <usize>(line / outHeight) * <usize>height * imageLine;
    const top = (line % outHeight) * stride - padTop;
    for (let position: i32 = 0; position < outWidth; position++) {
      const left = position * stride - padLeft;
      const begin = max(0, -left);
      const end = min(kernelSize, width - left);
      for (let y = top; y < top + kernelSize; y++) {
        if (y < 0 || y >= height || begin >= end) {
          memory.fill(patches, 0, runBytes);
        } else {
          const from = image + <usize>y * imageLine + <usize>((left + begin) * channels) * 4;
          if (end - begin < kernelSize) memory.fill(patches, 0, runBytes);
          copy((end - begin) * channels, from, patches + <usize>(begin * channels) * 4);
        }
        patches += runBytes;
      }
    }
  }
}

/** images += such patches: every value is added to the place that im2col takes it from. */
export function col2im(
  firstLine: i32,
  lines: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelSize: i32,
  stride: i32,
  padTop: i32,
  padLeft: i32,
  outHeight: i32,
  outWidth: i32,
  patches: usize,
  images: usize,
): void {
  const runBytes = <usize>(kernelSize * channels) * 4;
  const imageLine = <usize>width * <usize>channels * 4;
  for (let line = firstLine; line < firstLine + lines; line++) {
    const image = images + <usize>(line / outHeight) * <usize>height * imageLine;
    const top = (line % outHeight) * stride - padTop;
    for (let position: i32 = 0; position < outWidth; position++) {
      const left = position * stride - padLeft;
      const begin = max(0, -left);
      const end = min(kernelSize, width - left);
      for (let y = top; y < top + kernelSize; y++) {
        if (y >= 0 && y < height && begin < end) {
          const to = image + <usize>y * imageLine + <usize>((left + begin) * channels) * 4;
          accumulate((end - begin) * channels, patches + <usize>(begin * channels) * 4, to);
        }
        patches += runBytes;
      }
    }
  }
}
