/** A list of rows. */
export type Matrix = readonly (readonly number[])[];

export function matrix(rows: number, columns: number, at: (row: number, column: number) => number): Matrix {
  return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (__, j) => at(i, j)));
}

export function product(a: Matrix, b: Matrix): Matrix {
  const columns = transpose(b);
  return a.map((row) =>
    columns.map((column) => row.reduce((sum, value, k) => sum + value * (column[k] ?? 0), 0)),
  );
}

export function times(a: Matrix, b: Matrix): Matrix {
  return a.map((row, i) => row.map((value, j) => value * (b[i]?.[j] ?? 0)));
}

export function transpose(a: Matrix): Matrix {
  return matrix(a[0]?.length ?? 0, a.length, (i, j) => a[j]?.[i] ?? 0);
}

/** Matrices of as many rows, side by side. */
export function beside(parts: readonly Matrix[]): Matrix {
  return (parts[0] ?? []).map((_, i) => parts.flatMap((part) => part[i] ?? []));
}

export function range(count: number): number[] {
  return [...Array(count).keys()];
}
