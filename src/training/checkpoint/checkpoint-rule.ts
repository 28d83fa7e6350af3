import { EdgepropError } from "../../errors.ts";
import type { RuleSpec } from "../../model/index.ts";
import type { CustomRule } from "../options/custom-rule.ts";
import type { UpdateRule } from "../options/types.ts";

/** What a checkpoint keeps of a rule: of a user-written one, which is no JSON, its title. */
export function storeRule(rule: UpdateRule): RuleSpec | Pick<CustomRule, "name" | "title"> {
  return rule.name === "custom" ? { name: rule.name, title: rule.title } : rule;
}

/**
 * The rule to go on with: the stored one, unchecked, or the user's own where that is what was stored. Throws
 * `bad-option` where the two do not belong together.
 */
export function restoreRule(stored: unknown, given: CustomRule | undefined): unknown {
  const title = titleOf(stored);
  if (title === null) {
    if (given === undefined) return stored;
    throw mismatch(`the checkpoint has the rule ${JSON.stringify(stored)}`, "leave out the custom rule");
  }
  const found = `the checkpoint was written with the custom rule "${title}"`;
  if (given === undefined) throw mismatch(found, "pass that rule: restoreTrainer(bytes, { rule })");
  if (given.title !== title) throw mismatch(found, `the one given is "${given.title}"`);
  return given;
}

/** null for a rule that is not user-written. */
function titleOf(stored: unknown): string | null {
  if (typeof stored !== "object" || stored === null) return null;
  if (!("name" in stored) || stored.name !== "custom") return null;
  return "title" in stored && typeof stored.title === "string" ? stored.title : "";
}

function mismatch(found: string, advice: string): EdgepropError {
  return new EdgepropError("bad-option", `${found}; ${advice}`);
}
