import { checkObject } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";
import type { Model } from "../model/index.ts";
import { toFloat32 } from "../safetensors/index.ts";
import type { Tensor } from "../safetensors/index.ts";
import type { ForeignLayer, ForeignParam, Library } from "./foreign-params.ts";
import { expectationOf, matchModules, modulesOf, quoted, shapeText, tensorOf } from "./modules.ts";
import type { Module, Tensors } from "./modules.ts";
import type { LayerName, ParamNames } from "./names.ts";
import { readArrangement } from "./options.ts";
import type { ArrangementOptions } from "./options.ts";
import { permute } from "./permute.ts";

export interface ImportOptions extends ArrangementOptions {
  /** The library whose names and shapes the tensors have; names alone are of tensors shaped as edgeprop's. */
  readonly from: Library | ParamNames;
  /** Whether values may be rounded to float32, as those of a float64 model are. Default false: they are refused. */
  readonly lossy?: boolean;
}

/**
 * The flat params of `model` out of tensors of another library, each transposed as docs/layers.md says. Without `names`
 * layers find theirs by shape, and alike ones by the numbers in their names; then every tensor must have a place. With
 * `names` the other tensors are left alone, whatever they are. A bias, scale or shift that the library has left out is
 * filled in. Throws `bad-shape`, naming the tensor, its shape and the expected one.
 *
 * @example
 * ```ts
 * const { tensors } = decodeSafetensors(encodeSafetensors({
 *   tensors: {
 *     "0.weight": toTensor(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]),
 *     "0.bias": toTensor(Float32Array.of(7, 8, 9), [3]),
 *   },
 *   metadata: {},
 * }));
 * const linear = sequential({ input: [2] }, [dense(3)]);
 * console.log([...importParams(linear, tensors, { from: "pytorch" })].join(" ")); // 1 3 5 2 4 6 7 8 9
 * ```
 */
export function importParams(model: Model, tensors: Tensors, options: ImportOptions): Float32Array {
  const { layers, names, library } = readArrangement(
    model,
    { ...options },
    {
      owner: "importParams",
      side: "from",
      known: ["lossy"],
    },
  );
  checkObject("what importParams takes tensors from", tensors);
  const found = names === null ? byDefault(layers, tensors, library) : byName(layers, tensors, names);
  const flat = new Float32Array(model.numParams);
  for (const { foreign, name } of found) {
    const { param, view, axes } = foreign;
    if (name === null) {
      flat.fill(foreign.absent ?? 0, param.offset, param.offset + param.length);
      continue;
    }
    const tensor = shaped(name, tensors, foreign);
    const values = toFloat32({ ...tensor, name }, { lossy: options.lossy === true });
    flat.set(axes === null ? values : permute(values, view, axes), param.offset);
  }
  return flat;
}

interface Found {
  readonly foreign: ForeignParam;
  /** Null: the library has left it out. */
  readonly name: string | null;
}

/** edgeprop's own names say which layer is meant. */
function byDefault(layers: readonly ForeignLayer[], tensors: Tensors, library: Library): Found[] {
  if (library !== "edgeprop")
    return matchModules(layers, tensors).flatMap((module, i) => ofModule(layers[i], module));
  const found = layers.flatMap(({ params }) =>
    params.map((foreign) => ({ foreign, name: foreign.param.name })),
  );
  const surplus = Object.keys(tensors).find((name) => !found.some((each) => each.name === name));
  if (surplus === undefined) return found;
  throw new EdgepropError(
    "bad-shape",
    `tensor ${quoted(surplus)} is not of this model; expected ${found.map(({ name }) => name).join(", ")}`,
  );
}

function byName(layers: readonly ForeignLayer[], tensors: Tensors, names: readonly LayerName[]): Found[] {
  const modules = modulesOf(tensors);
  return layers.flatMap((layer, i) => {
    const given = names[i];
    if (given === undefined) return [];
    if ("tensors" in given)
      return layer.params.map((foreign) => ({ foreign, name: leftOut(foreign, given.tensors.get(foreign)) }));
    const module = modules.get(given.module);
    const [only] = layer.params;
    if (module !== undefined) return ofModule(layer, module);
    // Where a layer has one param, the name may be its tensor's.
    if (only !== undefined && layer.params.length === 1 && Object.hasOwn(tensors, given.module))
      return [{ foreign: only, name: given.module }];
    throw new EdgepropError(
      "bad-shape",
      `nothing in the file is called ${quoted(given.module)}; expected ${expectationOf(layer)} there for ${layer.name}`,
    );
  });
}

/** Throws for a name of null where a value is needed. */
function leftOut(foreign: ForeignParam, name: string | null | undefined): string | null {
  if (typeof name === "string") return name;
  if (foreign.absent !== null) return null;
  throw new EdgepropError(
    "bad-option",
    `names has null for ${foreign.param.name}, which no layer is without`,
  );
}

function ofModule(layer: ForeignLayer | undefined, module: Module): Found[] {
  if (layer === undefined) return [];
  const found = layer.params.map((foreign) => ({ foreign, name: tensorOf(foreign, module) }));
  const missing = found.find(({ name }) => name === null);
  if (missing === undefined) return found;
  // A bias by another name is not a bias left out.
  const stranger = [...module.leaves.values()].find((name) => !found.some((each) => each.name === name));
  if (stranger === undefined && found.every(({ foreign, name }) => name !== null || foreign.absent !== null))
    return found;
  const lacking = found.find(({ foreign, name }) => name === null && foreign.absent === null) ?? missing;
  throw new EdgepropError(
    "bad-shape",
    `${quoted(module.path)} has no ${lacking.foreign.leaves.join(" or ")} ${shapeText(lacking.foreign.shape)} for ${lacking.foreign.param.name}; it has ${[...module.leaves.values()].slice(0, 8).map(quoted).join(", ")}`,
  );
}

/** Throws `bad-shape` where the tensor is missing or of another shape. */
function shaped(name: string, tensors: Tensors, { shape, param }: ForeignParam): Tensor {
  const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  const expected = `expected ${shapeText(shape)} for ${param.name}, which is ${shapeText(param.shape)} here`;
  if (tensor === undefined)
    throw new EdgepropError("bad-shape", `tensor ${quoted(name)} is missing; ${expected}`);
  if (tensor.shape.join() === shape.join()) return tensor;
  throw new EdgepropError(
    "bad-shape",
    `tensor ${quoted(name)} has shape ${shapeText(tensor.shape)}; ${expected}`,
  );
}
