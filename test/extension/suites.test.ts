import { describe } from "vitest";
import { squareplus } from "./parts/activation.ts";
import { clip, int8 } from "./parts/filter.ts";
import { softClip } from "./parts/layer.ts";
import { robustScores } from "./parts/loss.ts";
import { adamax } from "./parts/optimizer.ts";
import { foof } from "./parts/rule.ts";
import { fedadam } from "./parts/strategy.ts";
import { suiteOf } from "./suites/suite-of.ts";

describe("what a program outside adds passes the suite of its kind", () => {
  suiteOf.activation(squareplus);
  suiteOf.layer(softClip);
  suiteOf.loss(robustScores);
  suiteOf.optimizer(adamax);
  suiteOf.rule(foof);
  suiteOf.strategy(fedadam);
  suiteOf.filter(clip);
  suiteOf.filter(int8);
});
