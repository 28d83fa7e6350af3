import type { FieldReader } from "../checks/field-reader.ts";
import type { LoadedBatch } from "../kinds/layer-calls.ts";
import type { LossContext, LossFormula, LossSpec, LossType } from "../kinds/loss-type.ts";

export interface LossDefinition<S extends LossSpec> {
  readonly name: S["name"];
  /** The complete spec, from untrusted fields. Throws `bad-option`, naming the field. */
  readonly parse: (fields: FieldReader) => S;
  /** Default "values". */
  readonly outputs?: LossType<S>["outputs"];
  /** What a target is; "indices" hands the formula a single class index. Default "values". */
  readonly targets?: "indices" | "values";
  readonly formula: LossFormula<S>;
}

/**
 * A loss from the formula of one example, for the set `losses`. It is computed in JavaScript.
 *
 * @example
 * ```ts
 * const absoluteError = lossPerExample({
 *   name: "absoluteError",
 *   parse(fields) {
 *     fields.allowOnly(["name"]);
 *     return { name: "absoluteError" };
 *   },
 *   formula: (_, z, targets) => ({
 *     value: z.reduce((sum, x, i) => sum + Math.abs(x - (targets[i] ?? 0)), 0),
 *     gradient: z.map((x, i) => Math.sign(x - (targets[i] ?? 0))),
 *   }),
 * });
 * ```
 */
export function lossPerExample<S extends LossSpec>({
  name,
  parse,
  outputs = "values",
  targets = "values",
  formula,
}: LossDefinition<S>): LossType<S> {
  return {
    name,
    parse,
    outputs,
    formula,
    targets: () => targets,
    call: (spec, context) => (batch) =>
      runFormula((z, t) => formula(spec, z, t), { ...context, batch, isOfIndices: targets === "indices" }),
  };
}

function runFormula(
  formula: (z: number[], targets: number[]) => ReturnType<LossFormula>,
  place: LossContext & { readonly batch: LoadedBatch; readonly isOfIndices: boolean },
): number {
  const { columns, batch, isOfIndices } = place;
  const { rows, weightSum, hasWeights } = batch;
  const outputs = place.view(place.outputs, rows * columns);
  const gradient = place.view(place.gradient, rows * columns);
  const targets = isOfIndices
    ? place.integers(place.targets, rows)
    : place.view(place.targets, rows * columns);
  const weights = hasWeights ? place.view(place.weights, rows) : null;
  const byClass = place.classWeights === 0 ? null : place.view(place.classWeights, columns);
  const width = isOfIndices ? 1 : columns;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const found = formula(
      Array.from(outputs.subarray(row * columns, (row + 1) * columns)),
      Array.from(targets.subarray(row * width, (row + 1) * width)),
    );
    const weight = (weights?.[row] ?? 1) * (isOfIndices ? (byClass?.[targets[row] ?? 0] ?? 1) : 1);
    const counts = weight > 0 && weightSum > 0;
    if (counts) sum += weight * found.value;
    for (const [column, g] of found.gradient.entries())
      gradient[row * columns + column] = counts ? (weight * g) / weightSum : 0;
  }
  return sum;
}
