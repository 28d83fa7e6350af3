import { allSets } from "edgeprop";
import fc from "fast-check";
import { describe } from "vitest";
import { describeLayers } from "../suites/kinds/layers.ts";
import { layerExamples } from "../support/layer-examples.ts";
import { swish, swishLayer } from "../support/layers.ts";

describeLayers(allSets.layers, layerExamples);

describe("of a user's own", () => {
  describeLayers({ swish }, { swish: { takes: "any", specs: fc.constant(swishLayer()) } });
});
