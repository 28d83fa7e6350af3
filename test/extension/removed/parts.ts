import { customLayer, elementwise, lossPerExample } from "edgeprop/core";
import { squareplus, squareplusFormula } from "../parts/activation.ts";
import { clip, int8 } from "../parts/filter.ts";
import { softClip, softClipCode } from "../parts/layer.ts";
import { robustScores, robustScoresDefinition } from "../parts/loss.ts";
import { adamax } from "../parts/optimizer.ts";
import { foof } from "../parts/rule.ts";
import { fedadam } from "../parts/strategy.ts";
import { suiteOf } from "../suites/suite-of.ts";
import type { PartName } from "./fields.ts";

interface Part<P = object> {
  /** In `parts`. */
  readonly file: string;
  readonly part: P;
  /** The shared suite on the part, or on what is left of it. */
  readonly suite: (part: P) => void;
}

function partOf<P extends object>(file: string, part: P, suite: (part: P) => void): Part {
  return { file, part, suite: suite as (part: object) => void };
}

export const parts: Readonly<Record<PartName, Part>> = {
  squareplusFormula: partOf("activation", squareplusFormula, (formula) =>
    suiteOf.activation(elementwise(formula)),
  ),
  squareplus: partOf("activation", squareplus, suiteOf.activation),
  softClipCode: partOf("layer", softClipCode, (code) => suiteOf.layer(customLayer(code))),
  softClip: partOf("layer", softClip, (part) => suiteOf.layer(part)),
  robustScoresDefinition: partOf("loss", robustScoresDefinition, (definition) =>
    suiteOf.loss(lossPerExample(definition)),
  ),
  robustScores: partOf("loss", robustScores, (part) => suiteOf.loss(part)),
  adamax: partOf("optimizer", adamax, suiteOf.optimizer),
  foof: partOf("rule", foof, suiteOf.rule),
  fedadam: partOf("strategy", fedadam, (part) => suiteOf.strategy(part)),
  clip: partOf("filter", clip, suiteOf.filter),
  int8: partOf("filter", int8, suiteOf.filter),
};

export function without(part: object, field: string): object {
  return Object.fromEntries(Object.entries(part).filter(([name]) => name !== field));
}
