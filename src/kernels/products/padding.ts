/** The next multiple of 4: rows of a Gram matrix. */
export function padded4(count: i32): i32 {
  return (count + 3) & ~3;
}

/** The next multiple of 8: rows of right-hand sides. */
export function padded8(count: i32): i32 {
  return (count + 7) & ~7;
}
