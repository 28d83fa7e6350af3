import type { ProxPropRule } from "../rules/index.ts";
import { product, transpose } from "./matrix.ts";
import type { Matrix } from "./matrix.ts";

/** mean: (A^T A / n + I / tau) D = A^T G, over n examples; sum: without the / n. */
export function proxDirection(
  rule: ProxPropRule,
  { a, g, examples }: { readonly a: Matrix; readonly g: Matrix; readonly examples: number },
): Matrix {
  const { tau, reduction } = rule;
  const n = reduction === "mean" ? examples : 1;
  const gram = product(transpose(a), a).map((row, i) =>
    row.map((value, j) => value / n + (i === j ? 1 / tau : 0)),
  );
  const right = product(transpose(a), g);
  if (rule.proxSolver === "exact") return solve(gram, right);
  return transpose(
    transpose(right).map((column) => conjugateGradients(gram, column, rule.cgIterations ?? 1)),
  );
}

/** x after `iterations` iterations on K x = r, from 0. */
function conjugateGradients(k: Matrix, right: readonly number[], iterations: number): number[] {
  let x = right.map(() => 0);
  let r = [...right];
  let p = r;
  let square = dot(r, r);
  const floor = square * 2 ** -84;
  for (let i = 0; i < iterations && square > floor; i++) {
    const image = k.map((row) => dot(row, p));
    const length = square / dot(p, image);
    x = x.map((value, j) => value + length * (p[j] ?? 0));
    r = r.map((value, j) => value - length * (image[j] ?? 0));
    const next = dot(r, r);
    p = r.map((value, j) => value + (next / square) * (p[j] ?? 0));
    square = next;
  }
  return x;
}

function dot(x: readonly number[], y: readonly number[]): number {
  return x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
}

/** X with K X = R, for a symmetric positive definite K: elimination needs no pivoting. */
function solve(k: Matrix, r: Matrix): Matrix {
  const rows = k.map((row, i) => [...row, ...(r[i] ?? [])]);
  const n = rows.length;
  for (const [i, pivotRow] of rows.entries()) {
    for (const row of rows.slice(i + 1)) subtractMultiple(row, pivotRow, (row[i] ?? 0) / (pivotRow[i] ?? 0));
  }
  for (const [i, pivotRow] of [...rows.entries()].toReversed()) {
    for (const row of rows.slice(0, i)) subtractMultiple(row, pivotRow, (row[i] ?? 0) / (pivotRow[i] ?? 0));
    const pivot = pivotRow[i] ?? 0;
    for (let j = 0; j < pivotRow.length; j++) pivotRow[j] = (pivotRow[j] ?? 0) / pivot;
  }
  return rows.map((row) => row.slice(n));
}

function subtractMultiple(row: number[], other: readonly number[], factor: number): void {
  for (let j = 0; j < row.length; j++) row[j] = (row[j] ?? 0) - factor * (other[j] ?? 0);
}
