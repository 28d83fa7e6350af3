import { createTrainer } from "edgeprop";
import { describe } from "vitest";
import { describeGoldenValues } from "../suites/golden-values.ts";

describe.for([true, false])("deterministic: %s", (deterministic) => {
  describeGoldenValues((model, options) => createTrainer(model, { ...options, deterministic }));
});
