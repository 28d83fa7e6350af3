import { promoteHigh } from "../math/lanes";

/*
 * float64 panels of 4: out[k][0..3] for `terms` values of k, 32 bytes per term. Columns past `width` are zero, but
 * the first of them is 1 where `hasOne`: the last column of [A, 1].
 */

/** out[k][r] = source[r][k]: a panel of 4 rows of the source. */
export function panelOfRows(terms: i32, width: i32, source: usize, sourceStep: usize, out: usize): void {
  if (width < 4) {
    partPanel(terms, width, false, source, 4, sourceStep, out);
    return;
  }
  const step2 = sourceStep + sourceStep;
  const step3 = step2 + sourceStep;
  for (; terms >= 4; terms -= 4) {
    const r0 = v128.load(source);
    const r1 = v128.load(source + sourceStep);
    const r2 = v128.load(source + step2);
    const r3 = v128.load(source + step3);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(out, f64x2.promote_low_f32x4(low01));
    v128.store(out, f64x2.promote_low_f32x4(low23), 16);
    v128.store(out, promoteHigh(low01), 32);
    v128.store(out, promoteHigh(low23), 48);
    v128.store(out, f64x2.promote_low_f32x4(high01), 64);
    v128.store(out, f64x2.promote_low_f32x4(high23), 80);
    v128.store(out, promoteHigh(high01), 96);
    v128.store(out, promoteHigh(high23), 112);
    source += 16;
    out += 128;
  }
  if (terms > 0) partPanel(terms, width, false, source, 4, sourceStep, out);
}

/** out[k][c] = source[k][c]: a panel of 4 columns of the source. */
export function panelOfColumns(
  terms: i32,
  width: i32,
  hasOne: bool,
  source: usize,
  sourceStep: usize,
  out: usize,
): void {
  if (width < 4) {
    partPanel(terms, width, hasOne, source, sourceStep, 4, out);
    return;
  }
  for (; terms > 0; terms--) {
    const lanes = v128.load(source);
    v128.store(out, f64x2.promote_low_f32x4(lanes));
    v128.store(out, promoteHigh(lanes), 16);
    source += sourceStep;
    out += 32;
  }
}

function partPanel(
  terms: i32,
  width: i32,
  hasOne: bool,
  source: usize,
  termStep: usize,
  columnStep: usize,
  out: usize,
): void {
  for (; terms > 0; terms--) {
    let from = source;
    for (let column: i32 = 0; column < 4; column++) {
      const past: f64 = hasOne && column == width ? 1 : 0;
      store<f64>(out, column < width ? <f64>load<f32>(from) : past);
      from += columnStep;
      out += 8;
    }
    source += termStep;
  }
}
