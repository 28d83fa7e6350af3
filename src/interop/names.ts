import { checkNames, describeValue } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";
import type { ForeignLayer, ForeignParam } from "./foreign-params.ts";
import { quoted } from "./modules.ts";

/**
 * What layers or params are called in the file. As a list: a name per layer that has params, or per param. As a map: by
 * "layers.0" the name of the module, or by "layers.0.bias" the name of the tensor, null where there is none.
 */
export type ParamNames = readonly string[] | Readonly<Record<string, string | null>>;

/** How one layer is called: its module, or each of its params by itself. */
export type LayerName =
  | { readonly module: string }
  | { readonly tensors: ReadonlyMap<ForeignParam, string | null> };

/** A name per layer, in order. Throws `bad-option`, naming what is missing or unknown. */
export function readNames(layers: readonly ForeignLayer[], names: ParamNames): LayerName[] {
  if (typeof names !== "object" || names === null) {
    throw new EdgepropError(
      "bad-option",
      `names is ${describeValue(names)}; expected a list, or an object by "layers.0" or "layers.0.bias"`,
    );
  }
  return isList(names) ? fromList(layers, names) : fromMap(layers, names);
}

function isList(names: ParamNames): names is readonly string[] {
  return Array.isArray(names);
}

function fromList(layers: readonly ForeignLayer[], names: readonly string[]): LayerName[] {
  const params = layers.flatMap((layer) => layer.params);
  if (names.length === layers.length) return names.map((module) => ({ module: checked(module, "names") }));
  if (names.length !== params.length) {
    throw new EdgepropError(
      "bad-option",
      `names has ${names.length} entries; expected ${layers.length}, for ${layers.map(({ name }) => name).join(", ")}, or ${params.length}, for ${params.map(({ param }) => param.name).join(", ")}`,
    );
  }
  return layers.map((layer) => ({
    tensors: new Map(
      layer.params.map((param) => [param, checked(names[params.indexOf(param)], "names")] as const),
    ),
  }));
}

function fromMap(
  layers: readonly ForeignLayer[],
  names: Readonly<Record<string, string | null>>,
): LayerName[] {
  const known = layers.flatMap(({ name, params }) => [name, ...params.map(({ param }) => param.name)]);
  checkNames(names, "names", known);
  return layers.map(({ name, params }) => {
    if (Object.hasOwn(names, name)) return { module: checked(names[name], `names["${name}"]`) };
    return {
      tensors: new Map(
        params.map((param) => {
          const key = param.param.name;
          if (!Object.hasOwn(names, key))
            throw new EdgepropError(
              "bad-option",
              `names lacks ${quoted(key)}, or ${quoted(name)} for its module`,
            );
          const given = names[key];
          return [param, given === null ? null : checked(given, `names["${key}"]`)] as const;
        }),
      ),
    };
  });
}

function checked(name: unknown, path: string): string {
  if (typeof name === "string") return name;
  throw new EdgepropError("bad-option", `${path} has ${describeValue(name)}; expected a name as a string`);
}
