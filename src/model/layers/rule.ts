import type { FieldReader } from "../../checks/field-reader.ts";
import { parseRuleSpec } from "../update-rules.ts";
import type { RuleSpec } from "../update-rules.ts";

/** The field `rule` of a layer, where it has one. */
export function parseRule(fields: FieldReader): { readonly rule?: RuleSpec } {
  return fields.has("rule") ? { rule: parseRuleSpec(fields.raw("rule"), fields.pathOf("rule")) } : {};
}
