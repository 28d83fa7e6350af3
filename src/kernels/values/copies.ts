/** out = values */
export function copy(count: i32, values: usize, out: usize): void {
  for (; count >= 4; count -= 4) {
    v128.store(out, v128.load(values));
    values += 16;
    out += 16;
  }
  for (; count > 0; count--) {
    store<f32>(out, load<f32>(values));
    values += 4;
    out += 4;
  }
}

/** out += values */
export function accumulate(count: i32, values: usize, out: usize): void {
  for (; count >= 4; count -= 4) {
    v128.store(out, f32x4.add(v128.load(out), v128.load(values)));
    values += 16;
    out += 16;
  }
  for (; count > 0; count--) {
    store<f32>(out, load<f32>(out) + load<f32>(values));
    values += 4;
    out += 4;
  }
}

/** out = value */
export function fill(count: i32, value: f64, out: usize): void {
  for (; count > 0; count--) {
    store<f32>(out, <f32>value);
    out += 4;
  }
}

/** out = 0 */
export function clear(count: i32, out: usize): void {
  memory.fill(out, 0, <usize>count * 4);
}
