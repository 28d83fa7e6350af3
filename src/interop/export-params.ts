import { typeName } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";
import type { Model } from "../model/index.ts";
import { toTensor } from "../safetensors/index.ts";
import type { Tensor } from "../safetensors/index.ts";
import type { ForeignParam, Library } from "./foreign-params.ts";
import { quoted } from "./modules.ts";
import type { ParamNames } from "./names.ts";
import { readArrangement } from "./options.ts";
import type { ArrangementOptions } from "./options.ts";
import { inverse, permute } from "./permute.ts";

export interface ExportOptions extends ArrangementOptions {
  /** The library that is to read the tensors; names alone leave them shaped as edgeprop's. */
  readonly to: Library | ParamNames;
}

/**
 * The flat params of `model` as tensors of another library, for `encodeSafetensors`; `importParams` undoes it. Without
 * `names` they are called as in a `torch.nn.Sequential` of the layers with each activation as a module behind its layer,
 * or as Keras numbers the layers of a first model: `dense`, `dense_1`.
 *
 * @example
 * ```ts
 * const linear = sequential({ input: [2] }, [dense(3)]);
 * const params = Float32Array.of(1, 3, 5, 2, 4, 6, 7, 8, 9);
 * const tensors = exportParams(linear, params, { to: "pytorch" });
 * for (const [name, tensor] of Object.entries(tensors)) console.log(name, tensor.shape);
 * ```
 */
export function exportParams(
  model: Model,
  params: Float32Array,
  options: ExportOptions,
): Record<string, Tensor> {
  const { library, layers, names } = readArrangement(
    model,
    { ...options },
    {
      owner: "exportParams",
      side: "to",
      known: [],
    },
  );
  if (!(params instanceof Float32Array) || params.length !== model.numParams) {
    throw new EdgepropError(
      "bad-shape",
      `params is ${typeName(params)} of length ${String(params?.length)}; expected a Float32Array of ${model.numParams} values`,
    );
  }
  const modules = defaultModules(model, library);
  const tensors: Record<string, Tensor> = {};
  for (const [i, { layer, params: ofLayer }] of layers.entries()) {
    const given = names?.[i] ?? { module: modules[layer.index] ?? "" };
    for (const foreign of ofLayer) {
      const name = "tensors" in given ? given.tensors.get(foreign) : within(given.module, foreign, library);
      // What its names say is not to be written.
      if (name === null || name === undefined) continue;
      if (Object.hasOwn(tensors, name))
        throw new EdgepropError("bad-option", `names has ${quoted(name)} twice; expected a name per tensor`);
      tensors[name] = toForeign(foreign, params);
    }
  }
  return tensors;
}

function toForeign({ param, shape, view, axes }: ForeignParam, params: Float32Array): Tensor {
  const values = params.slice(param.offset, param.offset + param.length);
  if (axes === null) return toTensor(values, shape);
  const back = inverse(view, axes);
  return toTensor(permute(values, back.shape, back.axes), shape);
}

function within(module: string, { leaves: [leaf = ""] }: ForeignParam, library: Library): string {
  if (module === "") return leaf;
  return `${module}${library === "keras" ? "/" : "."}${leaf}`;
}

const kerasTypes: Readonly<Record<string, string>> = {
  depthwiseConv2d: "depthwise_conv2d",
  batchNorm: "batch_normalization",
  layerNorm: "layer_normalization",
};

/** What each layer is called, by its index. */
function defaultModules({ placed }: Model, library: Library): string[] {
  let position = -1;
  const counts = new Map<string, number>();
  return placed.map(({ index, type, activation }) => {
    if (library === "edgeprop") return `layers.${index}`;
    position += 1;
    const own = String(position);
    if (activation !== null && activation.name !== "linear") position += 1;
    if (library === "pytorch") return own;
    const name = kerasTypes[type.type] ?? type.type;
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  });
}
