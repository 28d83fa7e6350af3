import type { ProxSide } from "../../kinds/layer-calls.ts";

export interface ProxShape {
  /** Rows of A = [a_prev, 1]: the batch size for a dense layer. */
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
 * With cgIterations a product with the Gram matrix for each of them (dual: and one before), in place of Cholesky and
 * substitutions.
 * products: A^T G, then A P and A^T (A P) for each of the iterations, all in float32.
 */
export function proxCost(
  side: ProxSide,
  { rows, inputs, outputs }: ProxShape,
  cgIterations?: number,
): number {
  const columns = inputs + 1;
  if (side === "products") return 2 * rows * columns * outputs * (1 + 2 * (cgIterations ?? 0));
  const size = side === "dual" ? rows : columns;
  const terms = side === "dual" ? columns : rows;
  const product = 2 * rows * columns * outputs;
  const solving =
    cgIterations === undefined
      ? size ** 3 / 3 + 2 * size ** 2 * outputs
      : 2 * size ** 2 * outputs * (cgIterations + (side === "dual" ? 1 : 0));
  const system = size ** 2 * terms + solving;
  return float64Cost * system + (side === "dual" ? product : float64Cost * product);
}

/**
 * The cheaper side, but never a dual system larger than the primal one: it would be singular by its shape, and for
 * a large tau the float32 product A^T G would have to cancel what the system has blown up.
 */
export function chooseSide(shape: ProxShape, cgIterations?: number): ProxSide {
  if (shape.rows > shape.inputs + 1) return "primal";
  return proxCost("primal", shape, cgIterations) < proxCost("dual", shape, cgIterations) ? "primal" : "dual";
}

/** For a convolution, whose patches are never all there at once: the sums over blocks that cost less. */
export function choosePatchSide(shape: ProxShape, cgIterations?: number): ProxSide {
  if (cgIterations === undefined) return "primal";
  const [products, primal] = (["products", "primal"] as const).map((side) =>
    proxCost(side, shape, cgIterations),
  );
  return (products ?? 0) < (primal ?? 0) ? "products" : "primal";
}
