import type { FieldReader } from "../../checks/field-reader.ts";
import type { InitialValues, ParamForm } from "../../kinds/layer-type.ts";
import type { RuleSpec } from "../../kinds/rule-type.ts";

/** Weights and bias of a layer whose every output is a sum over `fanIn` inputs: PyTorch's initial values. */
export function weightsAndBias(weights: readonly number[], fanIn: number): ParamForm[] {
  const initial: InitialValues = { kind: "uniform", fanIn };
  return [
    { name: "weights", shape: weights, initial, isTrained: true },
    { name: "bias", shape: weights.slice(-1), initial, isTrained: true },
  ];
}

/** Scale and shift of a layer that normalises. */
export function gammaAndBeta(channels: number): ParamForm[] {
  return [
    { name: "gamma", shape: [channels], initial: { kind: "ones" }, isTrained: true },
    { name: "beta", shape: [channels], initial: { kind: "zeros" }, isTrained: true },
  ];
}

/**
 * The fields `activation` and `rule` of a layer, where it has them: names and a spec, which the model looks up in the
 * sets that it was made with.
 */
export function parseActivationAndRule(fields: FieldReader): {
  readonly activation: string;
  readonly rule?: RuleSpec;
} {
  const activation = fields.has("activation") ? (fields.raw("activation") as string) : "linear";
  return fields.has("rule") ? { activation, rule: fields.raw("rule") as RuleSpec } : { activation };
}
