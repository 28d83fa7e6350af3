import { readFields, toPositiveInteger } from "../checks/field-reader.ts";
import { bindSpec, findIn } from "../kinds/sets.ts";
import type { ActivationType } from "../kinds/activation-type.ts";
import { typeOfSpec } from "../kinds/link.ts";
import type { LayerSpec, LayerType, PlacedLayer } from "../kinds/layer-type.ts";
import type { Rule, RuleSpec, RuleType } from "../kinds/rule-type.ts";
import type { Sets } from "../kinds/sets.ts";

/** The architecture of a network as plain JSON: what a RunSpec, a checkpoint or a request carries. */
export interface ModelSpec {
  /** Shape of one example, without the batch: `[784]`. */
  readonly input: readonly number[];
  readonly layers: readonly LayerSpec[];
}

/**
 * A ModelSpec that has been read once: what everything else takes. As JSON, and in comparisons and copies, it is the
 * spec alone; what has been found out lies beside it.
 */
export interface Model extends ModelSpec {
  readonly placed: readonly PlacedLayer[];
  readonly numParams: number;
  /** Values per example. */
  readonly inputSize: number;
  readonly outputSize: number;
  /** What the model, and the options that go with it, are read with. */
  readonly sets: Sets;
}

/**
 * A model from untrusted JSON. Throws `bad-option`, `unsupported` or `bad-shape`, naming the path, what is there and what should be.
 *
 * @example
 * ```ts
 * const parsed = parseModel({ input: [4], layers: [{ type: "dense", units: 2 }] }, denseSets);
 * console.log(parsed.numParams); // 10
 * ```
 */
export function parseModel(value: unknown, sets: Sets): Model {
  const fields = readFields(value, "", "the model");
  fields.allowOnly(["input", "layers"]);
  const input = fields.list("input", toPositiveInteger);
  const placed: PlacedLayer[] = [];
  let inputShape: readonly number[] = input;
  let offset = 0;
  fields.list("layers", (item, path) => {
    const layer = placeLayer(item, { path, index: placed.length, inputShape, offset, sets });
    placed.push(layer);
    inputShape = layer.outputShape;
    for (const { length } of layer.params) offset += length;
  });
  const found = {
    placed,
    numParams: offset,
    inputSize: sizeOf(input),
    outputSize: sizeOf(inputShape),
    sets,
  };
  const spec = { input, layers: placed.map((layer) => layer.spec) };
  // Not enumerable: the model compares, copies and turns into JSON as its spec.
  for (const [key, fact] of Object.entries(found)) Object.defineProperty(spec, key, { value: fact });
  return spec as unknown as Model;
}

/** A spec as a model; a model stays what it is, whatever sets it was read with. */
export function toModel(model: ModelSpec, sets: Sets): Model {
  return isModel(model) ? model : parseModel(model, sets);
}

/** What JSON brings is enumerable. */
function isModel(value: unknown): value is Model {
  if (typeof value !== "object" || value === null) return false;
  return "placed" in value && !Object.prototype.propertyIsEnumerable.call(value, "placed");
}

interface Place {
  readonly path: string;
  readonly index: number;
  readonly inputShape: readonly number[];
  /** Values of the flat params that lie before the layer's. */
  readonly offset: number;
  readonly sets: Sets;
}

function placeLayer(item: unknown, { path, index, inputShape, offset, sets }: Place): PlacedLayer {
  const fields = readFields(item, path);
  const type =
    (typeOfSpec(item) as LayerType | undefined) ??
    findIn(sets.layers, fields.raw("type"), { path: fields.pathOf("type") });
  const spec = withRule(type.parse(fields), path, sets);
  const form = type.form(spec, { index, path, inputShape });
  let next = offset;
  return {
    index,
    type,
    spec,
    activation: activationOf(spec, path, sets),
    inputShape,
    outputShape: form.outputShape,
    inputSize: sizeOf(inputShape),
    outputSize: sizeOf(form.outputShape),
    ...(form.vocabularySize === undefined ? {} : { vocabularySize: form.vocabularySize }),
    params: form.params.map((param) => {
      const length = sizeOf(param.shape);
      next += length;
      return {
        ...param,
        ownName: param.name,
        name: `layers.${index}.${param.name}`,
        offset: next - length,
        length,
      };
    }),
  };
}

function activationOf(spec: LayerSpec, path: string, { activations }: Sets): ActivationType | null {
  return "activation" in spec ? findIn(activations, spec.activation, { path: `${path}.activation` }) : null;
}

/** With the layer's own rule complete, where it has one. */
function withRule(spec: LayerSpec, path: string, { rules }: Sets): LayerSpec {
  return "rule" in spec
    ? ({ ...spec, rule: bindRule(spec.rule, `${path}.rule`, rules).spec } as LayerSpec)
    : spec;
}

/** Throws `bad-option` or `unsupported`, naming the field. */
export function bindRule(rule: unknown, path: string, rules: Sets["rules"]): Rule {
  return bindSpec<RuleSpec, RuleType>(rules, rule, { path });
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
