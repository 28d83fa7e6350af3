/**
 * The values of a row-major array of shape `shape` with its axes in the order `axes`: of shape (a, b) and axes [1, 0]
 * the transpose. What numpy calls `transpose(axes)`, copied.
 */
export function permute(
  values: Float32Array,
  shape: readonly number[],
  axes: readonly number[],
): Float32Array {
  const strides = stridesOf(shape);
  const lengths = axes.map((axis) => shape[axis] ?? 1);
  const steps = axes.map((axis) => strides[axis] ?? 0);
  const result = new Float32Array(values.length);
  const place = lengths.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from] ?? 0;
    for (let axis = lengths.length - 1; axis >= 0; axis--) {
      const [at = 0, length = 1, step = 0] = [place[axis], lengths[axis], steps[axis]];
      from += step;
      place[axis] = at + 1;
      if (at + 1 < length) break;
      place[axis] = 0;
      from -= step * length;
    }
  }
  return result;
}

/** The axes and the shape that undo it. */
export function inverse(
  shape: readonly number[],
  axes: readonly number[],
): { readonly shape: readonly number[]; readonly axes: readonly number[] } {
  return {
    shape: axes.map((axis) => shape[axis] ?? 1),
    axes: axes.map((_, position) => axes.indexOf(position)),
  };
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
}
