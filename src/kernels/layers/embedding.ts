import { accumulate, copy } from "../values/copies";

/* Tokens are float32 integers in [0, vocabularySize); a table has a row of `units` values for each. */

/** out (count, units) = the tokens' rows of the table (any, units); tokens are float32 integers. */
export function gatherRows(count: i32, units: i32, tokens: usize, table: usize, out: usize): void {
  const step = <usize>units * 4;
  for (; count > 0; count--) {
    copy(units, table + <usize>(<i32>load<f32>(tokens)) * step, out);
    tokens += 4;
    out += step;
  }
}

/** The tokens' rows of the table (any, units) += values (count, units). */
export function scatterRows(count: i32, units: i32, tokens: usize, values: usize, table: usize): void {
  const step = <usize>units * 4;
  for (; count > 0; count--) {
    accumulate(units, values, table + <usize>(<i32>load<f32>(tokens)) * step);
    tokens += 4;
    values += step;
  }
}

/** Index of the first value that is no integer in [0, limit), or -1. */
export function firstNoToken(count: i32, limit: i32, values: usize): i32 {
  for (let index: i32 = 0; index < count; index++) {
    const value = load<f32>(values);
    if (!(value >= 0 && value < <f32>limit && value == floor(value))) return index;
    values += 4;
  }
  return -1;
}
