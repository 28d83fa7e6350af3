/** Which of the two equal systems a prox step solves: over the batch's rows (dual) or the layer's inputs (primal). */
export type ProxSide = "dual" | "primal";

export interface ProxShape {
  /** Of A = [a_prev, 1]: the batch size for a dense layer. */
  readonly rows: number;
  /** Without the one for the bias. */
  readonly inputs: number;
  readonly outputs: number;
}

/** A float64 operation takes the time of two in float32: half as many lanes. */
const float64Cost = 2;

/**
 * Floating-point operations, in float32's, from A and G to the direction D.
 * dual: Gram matrix A A^T (half of it), Cholesky, two substitutions for each output; then A^T G in float32.
 * primal: Gram matrix A^T A (half), A^T G, Cholesky, two substitutions, all in float64.
 */
export function proxCost(side: ProxSide, { rows, inputs, outputs }: ProxShape): number {
  const columns = inputs + 1;
  const size = side === "dual" ? rows : columns;
  const terms = side === "dual" ? columns : rows;
  const product = 2 * rows * columns * outputs;
  const system = size ** 2 * terms + size ** 3 / 3 + 2 * size ** 2 * outputs;
  return float64Cost * system + (side === "dual" ? product : float64Cost * product);
}

/**
 * The cheaper side, but never a dual system larger than the primal one: it would be singular by its shape, and for
 * a large tau the float32 product A^T G would have to cancel what the system has blown up.
 */
export function chooseSide(shape: ProxShape): ProxSide {
  if (shape.rows > shape.inputs + 1) return "primal";
  return proxCost("primal", shape) < proxCost("dual", shape) ? "primal" : "dual";
}
