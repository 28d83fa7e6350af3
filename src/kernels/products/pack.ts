/*
 * Panels: a strip of a matrix laid out term after term, so that a tile reads it straight through. A panel of A
 * holds 6 or 4 rows of C, a panel of B 8 columns. `transpose*` take the strip from rows of the source, `copy*`
 * from columns of it. sourceStep: bytes from row to row of the source; outStep: bytes from term to term.
 */

/** out[k][0..3] = source[0..3][k] for k < depth. */
export function transpose4(depth: i32, source: usize, sourceStep: usize, out: usize, outStep: usize): void {
  const step2 = sourceStep + sourceStep;
  const step3 = step2 + sourceStep;
  for (; depth >= 4; depth -= 4) {
    const r0 = v128.load(source);
    const r1 = v128.load(source + sourceStep);
    const r2 = v128.load(source + step2);
    const r3 = v128.load(source + step3);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<f64>(low01, low23, 0, 2));
    out += outStep;
    v128.store(out, v128.shuffle<f64>(low01, low23, 1, 3));
    out += outStep;
    v128.store(out, v128.shuffle<f64>(high01, high23, 0, 2));
    out += outStep;
    v128.store(out, v128.shuffle<f64>(high01, high23, 1, 3));
    out += outStep;
    source += 16;
  }
  for (; depth > 0; depth--) {
    store<f32>(out, load<f32>(source));
    store<f32>(out, load<f32>(source + sourceStep), 4);
    store<f32>(out, load<f32>(source + step2), 8);
    store<f32>(out, load<f32>(source + step3), 12);
    source += 4;
    out += outStep;
  }
}

/** out[k][0..1] = source[0..1][k] for k < depth. */
export function transpose2(depth: i32, source: usize, sourceStep: usize, out: usize, outStep: usize): void {
  for (; depth >= 4; depth -= 4) {
    const r0 = v128.load(source);
    const r1 = v128.load(source + sourceStep);
    const low = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    v128.store_lane<u64>(out, low, 0);
    out += outStep;
    v128.store_lane<u64>(out, low, 1);
    out += outStep;
    v128.store_lane<u64>(out, high, 0);
    out += outStep;
    v128.store_lane<u64>(out, high, 1);
    out += outStep;
    source += 16;
  }
  for (; depth > 0; depth--) {
    store<f32>(out, load<f32>(source));
    store<f32>(out, load<f32>(source + sourceStep), 4);
    source += 4;
    out += outStep;
  }
}

/** out[k][0..3] = source[k][0..3] for k < depth. */
export function copy4(depth: i32, source: usize, sourceStep: usize, out: usize, outStep: usize): void {
  for (; depth > 0; depth--) {
    v128.store(out, v128.load(source));
    source += sourceStep;
    out += outStep;
  }
}

/** out[k][0..1] = source[k][0..1] for k < depth. */
export function copy2(depth: i32, source: usize, sourceStep: usize, out: usize, outStep: usize): void {
  for (; depth > 0; depth--) {
    store<u64>(out, load<u64>(source));
    source += sourceStep;
    out += outStep;
  }
}

/** out[k][0..7] = source[k][0..7] for k < depth. */
export function copy8(depth: i32, source: usize, sourceStep: usize, out: usize, outStep: usize): void {
  for (; depth > 0; depth--) {
    v128.store(out, v128.load(source));
    v128.store(out, v128.load(source, 16), 16);
    source += sourceStep;
    out += outStep;
  }
}

/** out[k][0..7] = source[k][0..width - 1], zeros; termStep and columnStep say where the source's values lie. */
export function padTo8(
  depth: i32,
  width: i32,
  source: usize,
  termStep: usize,
  columnStep: usize,
  out: usize,
): void {
  const zero = f32x4.splat(0);
  for (; depth > 0; depth--) {
    v128.store(out, zero);
    v128.store(out, zero, 16);
    let from = source;
    for (let column: usize = 0; column < <usize>width; column++) {
      store<f32>(out + 4 * column, load<f32>(from));
      from += columnStep;
    }
    source += termStep;
    out += 32;
  }
}
