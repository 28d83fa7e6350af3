import { multiplyAdd } from "../math/multiply-add";

/*
 * Register tiles of C = start + A B: `depth` terms, each the outer product of a column of A and a row of B.
 * a, b: the first term's values, contiguous; aStep, bStep: bytes from one term to the next.
 * start, startStep: what the sums begin with; rows are startStep bytes apart (0: one row for all, a bias or zeros).
 * c, cStep: where they go. The 16 registers of x86 hold 12 sums, a row of B and one value of A: hence 6 x 8.
 */

/** C is (6, 8). */
export function tile6x8(
  depth: i32,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  start: usize,
  startStep: usize,
  c: usize,
  cStep: usize,
): void {
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  start += startStep;
  let c10 = v128.load(start);
  let c11 = v128.load(start, 16);
  start += startStep;
  let c20 = v128.load(start);
  let c21 = v128.load(start, 16);
  start += startStep;
  let c30 = v128.load(start);
  let c31 = v128.load(start, 16);
  start += startStep;
  let c40 = v128.load(start);
  let c41 = v128.load(start, 16);
  start += startStep;
  let c50 = v128.load(start);
  let c51 = v128.load(start, 16);
  for (; depth > 0; depth--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = multiplyAdd(x, b0, c00);
    c01 = multiplyAdd(x, b1, c01);
    x = v128.load_splat<f32>(a, 4);
    c10 = multiplyAdd(x, b0, c10);
    c11 = multiplyAdd(x, b1, c11);
    x = v128.load_splat<f32>(a, 8);
    c20 = multiplyAdd(x, b0, c20);
    c21 = multiplyAdd(x, b1, c21);
    x = v128.load_splat<f32>(a, 12);
    c30 = multiplyAdd(x, b0, c30);
    c31 = multiplyAdd(x, b1, c31);
    x = v128.load_splat<f32>(a, 16);
    c40 = multiplyAdd(x, b0, c40);
    c41 = multiplyAdd(x, b1, c41);
    x = v128.load_splat<f32>(a, 20);
    c50 = multiplyAdd(x, b0, c50);
    c51 = multiplyAdd(x, b1, c51);
    a += aStep;
    b += bStep;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += cStep;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += cStep;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += cStep;
  v128.store(c, c30);
  v128.store(c, c31, 16);
  c += cStep;
  v128.store(c, c40);
  v128.store(c, c41, 16);
  c += cStep;
  v128.store(c, c50);
  v128.store(c, c51, 16);
}

/** C is (4, 8). */
export function tile4x8(
  depth: i32,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  start: usize,
  startStep: usize,
  c: usize,
  cStep: usize,
): void {
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  start += startStep;
  let c10 = v128.load(start);
  let c11 = v128.load(start, 16);
  start += startStep;
  let c20 = v128.load(start);
  let c21 = v128.load(start, 16);
  start += startStep;
  let c30 = v128.load(start);
  let c31 = v128.load(start, 16);
  for (; depth > 0; depth--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = multiplyAdd(x, b0, c00);
    c01 = multiplyAdd(x, b1, c01);
    x = v128.load_splat<f32>(a, 4);
    c10 = multiplyAdd(x, b0, c10);
    c11 = multiplyAdd(x, b1, c11);
    x = v128.load_splat<f32>(a, 8);
    c20 = multiplyAdd(x, b0, c20);
    c21 = multiplyAdd(x, b1, c21);
    x = v128.load_splat<f32>(a, 12);
    c30 = multiplyAdd(x, b0, c30);
    c31 = multiplyAdd(x, b1, c31);
    a += aStep;
    b += bStep;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += cStep;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += cStep;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += cStep;
  v128.store(c, c30);
  v128.store(c, c31, 16);
}

/** C is (1, 8). */
export function tile1x8(
  depth: i32,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  start: usize,
  c: usize,
): void {
  let c0 = v128.load(start);
  let c1 = v128.load(start, 16);
  for (; depth > 0; depth--) {
    const x = v128.load_splat<f32>(a);
    c0 = multiplyAdd(x, v128.load(b), c0);
    c1 = multiplyAdd(x, v128.load(b, 16), c1);
    a += aStep;
    b += bStep;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
}

/** C is (1, 32): a single example has no second row to share a row of B with, so the tile is wide. */
export function tile1x32(
  depth: i32,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  start: usize,
  c: usize,
): void {
  let c0 = v128.load(start);
  let c1 = v128.load(start, 16);
  let c2 = v128.load(start, 32);
  let c3 = v128.load(start, 48);
  let c4 = v128.load(start, 64);
  let c5 = v128.load(start, 80);
  let c6 = v128.load(start, 96);
  let c7 = v128.load(start, 112);
  for (; depth > 0; depth--) {
    const x = v128.load_splat<f32>(a);
    c0 = multiplyAdd(x, v128.load(b), c0);
    c1 = multiplyAdd(x, v128.load(b, 16), c1);
    c2 = multiplyAdd(x, v128.load(b, 32), c2);
    c3 = multiplyAdd(x, v128.load(b, 48), c3);
    c4 = multiplyAdd(x, v128.load(b, 64), c4);
    c5 = multiplyAdd(x, v128.load(b, 80), c5);
    c6 = multiplyAdd(x, v128.load(b, 96), c6);
    c7 = multiplyAdd(x, v128.load(b, 112), c7);
    a += aStep;
    b += bStep;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
  v128.store(c, c2, 32);
  v128.store(c, c3, 48);
  v128.store(c, c4, 64);
  v128.store(c, c5, 80);
  v128.store(c, c6, 96);
  v128.store(c, c7, 112);
}
