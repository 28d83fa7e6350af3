import {
  avgPool2d,
  batchNorm,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  embedding,
  flatten,
  globalAvgPool1d,
  globalAvgPool2d,
  layerNorm,
  maxPool2d,
} from "edgeprop";
import type { allSets, LayerSpec } from "edgeprop";
import fc from "fast-check";
import { smoothActivations } from "./specs.ts";

/** Random specs of a layer, and what it takes; "tokens" can only be the model's inputs. */
export interface LayerExample {
  readonly takes: "any" | "vector" | "sequence" | "image" | "tokens";
  readonly specs: fc.Arbitrary<LayerSpec>;
}

const activation = fc.constantFrom(...smoothActivations);
const size = fc.integer({ min: 1, max: 3 });
const convolution = fc.record({
  kernelSize: size,
  stride: fc.integer({ min: 1, max: 2 }),
  padding: fc.constantFrom("same" as const, "valid" as const, 1, 2),
  activation,
});
// A variance near 0 would make the slope steep: what float32 rounds away then shows.
const epsilon = fc.constantFrom(0.1, 0.5);

/** Of every layer that edgeprop has, for the suite: one without any is a type error. */
export const layerExamples = {
  dense: {
    takes: "vector",
    specs: fc
      .tuple(fc.integer({ min: 1, max: 9 }), activation)
      .map(([units, chosen]) => dense(units, { activation: chosen })),
  },
  conv2d: {
    takes: "image",
    specs: fc
      .tuple(fc.integer({ min: 1, max: 9 }), convolution)
      .map(([filters, options]) => conv2d(filters, options)),
  },
  depthwiseConv2d: { takes: "image", specs: convolution.map((options) => depthwiseConv2d(options)) },
  maxPool2d: { takes: "image", specs: size.map(maxPool2d) },
  avgPool2d: { takes: "image", specs: size.map(avgPool2d) },
  globalAvgPool2d: { takes: "image", specs: fc.constant(globalAvgPool2d()) },
  globalAvgPool1d: { takes: "sequence", specs: fc.constant(globalAvgPool1d()) },
  flatten: { takes: "any", specs: fc.constant(flatten()) },
  batchNorm: {
    takes: "any",
    specs: fc.record({ epsilon, momentum: fc.constantFrom(0, 0.1, 1) }).map((options) => batchNorm(options)),
  },
  layerNorm: { takes: "any", specs: epsilon.map((chosen) => layerNorm({ epsilon: chosen })) },
  dropout: { takes: "any", specs: fc.constantFrom(0, 0.25, 0.5).map(dropout) },
  embedding: {
    takes: "tokens",
    specs: fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 9 }))
      .map(([units, vocabularySize]) => embedding(units, { vocabularySize })),
  },
} satisfies Record<keyof typeof allSets.layers, LayerExample>;
