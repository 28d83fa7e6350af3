import type { ActivationType, LayerType, LossDefinition, LossType, OptimizerType, RuleType } from "edgeprop";
import type { CustomLayerType, elementwise, LayerCode } from "edgeprop/core";
import type { Encoding, MeanStrategy, ValuesFilter } from "edgeprop/federated";

/** What happens where a field of a part is not there. */
export type Absence =
  /** The compiler asks for it. */
  | "type error"
  /** It is optional, and the suite of the kind finds that this part needs it. */
  | "red suite"
  /** It is optional, and the part does without it what is said here; its suite stays green. */
  | { readonly green: string }
  /** It is optional, and the part does not have it. */
  | { readonly unused: string };

type Fields<Part> = { readonly [Field in keyof Required<Part>]: Absence };

/** By what a part's file exports: every field that the types of edgeprop know, so that a new one is a type error here. */
export const fieldsOf = {
  squareplusFormula: {
    name: "type error",
    value: "type error",
    slope: "type error",
  } satisfies Fields<Parameters<typeof elementwise>[0]>,

  squareplus: {
    name: "type error",
    number: "type error",
    slopeFrom: "type error",
    forward: "type error",
    backward: "type error",
    formula: "red suite",
  } satisfies Fields<ActivationType>,

  softClipCode: {
    type: "type error",
    parse: "type error",
    form: "type error",
    forward: "type error",
    backward: "type error",
    isPerExample: { green: "the layer promises nothing about one example's values in other batches" },
  } satisfies Fields<LayerCode>,

  softClip: {
    code: "type error",
    type: "type error",
    parse: "type error",
    form: "type error",
    calls: "type error",
    isPerExample: "type error",
    alwaysWritesDirection: "red suite",
    linear: { unused: "z is not linear in the params: every rule takes the plain gradient" },
    buffers: { unused: "the layer has no buffers of its own" },
    keepsRange: { unused: "its outputs may leave the range of its inputs" },
  } satisfies Fields<LayerType> & Fields<CustomLayerType>,

  robustScoresDefinition: {
    name: "type error",
    parse: "type error",
    formula: "type error",
    outputs: "red suite",
    targets: "red suite",
  } satisfies Fields<LossDefinition<{ readonly name: string }>>,

  robustScores: {
    name: "type error",
    parse: "type error",
    targets: "type error",
    outputs: "type error",
    call: "type error",
    formula: "red suite",
  } satisfies Fields<LossType>,

  adamax: {
    name: "type error",
    parse: "type error",
    state: "type error",
    call: "type error",
    bound: { green: "params and state are copied before every step and looked at after it" },
  } satisfies Fields<OptimizerType>,

  foof: {
    name: "type error",
    parse: "type error",
    direction: "type error",
    state: "red suite",
    onLastLayer: { unused: "the last layer follows the same rule" },
    side: { unused: "no system of the layer's is solved by edgeprop" },
    cgIterations: { unused: "there is no such system" },
    isProduct: { unused: "the direction is made whole" },
  } satisfies Fields<RuleType>,

  fedadam: {
    name: "type error",
    combines: "type error",
    parse: "type error",
    weightOf: "type error",
    next: "type error",
    initialState: "red suite",
  } satisfies Fields<MeanStrategy>,

  clip: {
    name: "type error",
    kind: "type error",
    parse: "type error",
    apply: "type error",
    undo: { unused: "nothing is undone on the server" },
  } satisfies Fields<ValuesFilter>,

  int8: {
    name: "type error",
    kind: "type error",
    parse: "type error",
    encode: "type error",
    decode: "type error",
  } satisfies Fields<Encoding>,
};

export type PartName = keyof typeof fieldsOf;
