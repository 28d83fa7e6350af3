import { subtractProduct64 } from "../math/multiply-add";
import { padded4 } from "../products/padding";

/**
 * gram = U and U^T, where U^T U = K + damping I: U on and above the diagonal, U^T below it, so that both
 * substitutions read along rows. K is (size, size), symmetric positive semi-definite, float64, its rows padded to
 * a multiple of 4 values, only the upper triangle given.
 *
 * Rounding must not decide what float64 cannot tell from zero: a damping below (size + 1)^2 2^-52 max K_ii is raised
 * to it, which is a prox step of a slightly smaller tau, and keeps every pivot positive beyond the rounding of K
 * and of the factorisation (Demmel 1989). A pivot that is not above that floor all the same becomes the floor.
 */
export function choleskyFactor(size: i32, damping: f64, gram: usize): void {
  const step = <usize>padded4(size) * 8;
  const floor = pivotFloor(size, step, gram);
  const shift = max(damping, floor);
  for (let i: usize = 0; i < <usize>size; i++) {
    const diagonal = gram + i * step + i * 8;
    store<f64>(diagonal, load<f64>(diagonal) + shift);
  }
  for (let j: usize = 0; j < <usize>size; j++) {
    const row = gram + j * step;
    const pivot = sqrt(max(load<f64>(row + j * 8), floor));
    store<f64>(row + j * 8, pivot);
    const inverse = 1 / pivot;
    for (let i = j + 1; i < <usize>size; i++) store<f64>(row + i * 8, load<f64>(row + i * 8) * inverse);
    for (let i = j + 1; i < <usize>size; i++)
      eliminate(i & ~1, step, row, load<f64>(row + i * 8), gram + i * step);
    // This comes last because elimination in steps of two lanes touches one element left of each diagonal.
    for (let i = j + 1; i < <usize>size; i++) store<f64>(gram + i * step + j * 8, load<f64>(row + i * 8));
  }
}

function pivotFloor(size: i32, step: usize, gram: usize): f64 {
  let largest: f64 = 0;
  for (let i: usize = 0; i < <usize>size; i++) largest = max(largest, load<f64>(gram + i * step + i * 8));
  const n = <f64>(size + 1);
  return n * n * f64.EPSILON * largest;
}

/** to[from..] -= factor x row[from..], to the end of the padded row. */
function eliminate(from: usize, step: usize, row: usize, factor: f64, to: usize): void {
  const factors = f64x2.splat(factor);
  for (let offset = from * 8; offset < step; offset += 16) {
    v128.store(to + offset, subtractProduct64(factors, v128.load(row + offset), v128.load(to + offset)));
  }
}
