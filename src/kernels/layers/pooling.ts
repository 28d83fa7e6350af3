import { loadLanes, storeLanes } from "../math/lanes";

/*
 * Pooling over windows that lie side by side; lines and columns that fill no window are left out. Images are
 * (examples, height, width, channels), four channels at a time.
 */

/** output (examples, height / size, width / size, channels) = the largest value of each window. */
export function maxPool2d(
  examples: i32,
  height: i32,
  width: i32,
  channels: i32,
  size: i32,
  input: usize,
  output: usize,
): void {
  const pixel = <usize>channels * 4;
  const line = <usize>width * pixel;
  for (; examples > 0; examples--) {
    for (let top: i32 = 0; top + size <= height; top += size) {
      for (let left: i32 = 0; left + size <= width; left += size) {
        const window = input + <usize>top * line + <usize>left * pixel;
        for (let channel: i32 = 0; channel < channels; channel += 4) {
          const lanes = channels - channel;
          const corner = window + <usize>channel * 4;
          let largest = loadLanes(corner, lanes);
          for (let y: usize = 0; y < <usize>size; y++) {
            for (let x: usize = 0; x < <usize>size; x++)
              largest = f32x4.max(largest, loadLanes(corner + y * line + x * pixel, lanes));
          }
          storeLanes(output + <usize>channel * 4, lanes, largest);
        }
        output += pixel;
      }
    }
    input += <usize>height * line;
  }
}

/** inputGradient = the gradient of each window at its largest value, the first among equals; zero elsewhere. */
export function maxPool2dBackward(
  examples: i32,
  height: i32,
  width: i32,
  channels: i32,
  size: i32,
  input: usize,
  output: usize,
  gradient: usize,
  inputGradient: usize,
): void {
  const pixel = <usize>channels * 4;
  const line = <usize>width * pixel;
  memory.fill(inputGradient, 0, <usize>examples * <usize>height * line);
  for (; examples > 0; examples--) {
    for (let top: i32 = 0; top + size <= height; top += size) {
      for (let left: i32 = 0; left + size <= width; left += size) {
        const window = <usize>top * line + <usize>left * pixel;
        for (let channel: i32 = 0; channel < channels; channel += 4) {
          const lanes = channels - channel;
          const corner = window + <usize>channel * 4;
          const largest = loadLanes(output + <usize>channel * 4, lanes);
          const g = loadLanes(gradient + <usize>channel * 4, lanes);
          let isOpen = i32x4.splat(-1);
          for (let y: usize = 0; y < <usize>size; y++) {
            for (let x: usize = 0; x < <usize>size; x++) {
              const place = corner + y * line + x * pixel;
              const isHere = v128.and(isOpen, f32x4.eq(loadLanes(input + place, lanes), largest));
              storeLanes(inputGradient + place, lanes, v128.and(g, isHere));
              isOpen = v128.andnot(isOpen, isHere);
            }
          }
        }
        output += pixel;
        gradient += pixel;
      }
    }
    input += <usize>height * line;
    inputGradient += <usize>height * line;
  }
}

/** output (examples, height / windowHeight, width / windowWidth, channels) = the mean of each window. */
export function avgPool2d(
  examples: i32,
  height: i32,
  width: i32,
  channels: i32,
  windowHeight: i32,
  windowWidth: i32,
  input: usize,
  output: usize,
): void {
  const pixel = <usize>channels * 4;
  const line = <usize>width * pixel;
  const part = f32x4.splat(<f32>(1.0 / <f64>(windowHeight * windowWidth)));
  for (; examples > 0; examples--) {
    for (let top: i32 = 0; top + windowHeight <= height; top += windowHeight) {
      for (let left: i32 = 0; left + windowWidth <= width; left += windowWidth) {
        const window = input + <usize>top * line + <usize>left * pixel;
        for (let channel: i32 = 0; channel < channels; channel += 4) {
          const lanes = channels - channel;
          const corner = window + <usize>channel * 4;
          let sum = f32x4.splat(0);
          for (let y: usize = 0; y < <usize>windowHeight; y++) {
            for (let x: usize = 0; x < <usize>windowWidth; x++)
              sum = f32x4.add(sum, loadLanes(corner + y * line + x * pixel, lanes));
          }
          storeLanes(output + <usize>channel * 4, lanes, f32x4.mul(sum, part));
        }
        output += pixel;
      }
    }
    input += <usize>height * line;
  }
}

/** inputGradient = an equal part of the gradient of each window; zero outside all windows. */
export function avgPool2dBackward(
  examples: i32,
  height: i32,
  width: i32,
  channels: i32,
  windowHeight: i32,
  windowWidth: i32,
  gradient: usize,
  inputGradient: usize,
): void {
  const pixel = <usize>channels * 4;
  const line = <usize>width * pixel;
  const part = f32x4.splat(<f32>(1.0 / <f64>(windowHeight * windowWidth)));
  memory.fill(inputGradient, 0, <usize>examples * <usize>height * line);
  for (; examples > 0; examples--) {
    for (let top: i32 = 0; top + windowHeight <= height; top += windowHeight) {
      for (let left: i32 = 0; left + windowWidth <= width; left += windowWidth) {
        const window = inputGradient + <usize>top * line + <usize>left * pixel;
        for (let channel: i32 = 0; channel < channels; channel += 4) {
          const lanes = channels - channel;
          const corner = window + <usize>channel * 4;
          const g = f32x4.mul(part, loadLanes(gradient + <usize>channel * 4, lanes));
          for (let y: usize = 0; y < <usize>windowHeight; y++) {
            for (let x: usize = 0; x < <usize>windowWidth; x++)
              storeLanes(corner + y * line + x * pixel, lanes, g);
          }
        }
        gradient += pixel;
      }
    }
    inputGradient += <usize>height * line;
  }
}
