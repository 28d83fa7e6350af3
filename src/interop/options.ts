import { checkNames, checkObject, describeValue, quoteNames } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";
import type { Model } from "../model/index.ts";
import { foreignLayers } from "./foreign-params.ts";
import type { ForeignLayer, ImageOrder, Library } from "./foreign-params.ts";
import { readNames } from "./names.ts";
import type { LayerName, ParamNames } from "./names.ts";

export interface ArrangementOptions {
  /** What the layers, or their params, are called; by default what the library calls them. */
  readonly names?: ParamNames;
  /**
   * In which order images lie where a dense layer takes their values: "chw" for PyTorch's `Flatten` of (channels, height,
   * width), "hwc" for Keras, or where the network permutes before it. Default: "chw" for "pytorch", else "hwc".
   */
  readonly flatten?: ImageOrder;
}

export interface Arrangement {
  readonly library: Library;
  readonly layers: readonly ForeignLayer[];
  /** Per layer; null: by default. */
  readonly names: readonly LayerName[] | null;
}

const libraries: readonly Library[] = ["pytorch", "keras", "edgeprop"];

/** `side` is "from" or "to", and holds a library, or names alone, which are of edgeprop's arrangement. */
export function readArrangement(
  model: Model,
  options: ArrangementOptions & Readonly<Record<string, unknown>>,
  {
    owner,
    side,
    known,
  }: { readonly owner: string; readonly side: "from" | "to"; readonly known: readonly string[] },
): Arrangement {
  checkObject(`what ${owner} is given`, options);
  checkNames(options, owner, [side, "names", "flatten", ...known]);
  if (typeof model !== "object" || model === null || !("placed" in model))
    throw new EdgepropError(
      "bad-option",
      `the model of ${owner} is ${describeValue(model)}; expected what sequential or parseModelSpec gives`,
    );
  const given = options[side];
  const isNames = typeof given === "object" && given !== null;
  const library = isNames ? "edgeprop" : libraries.find((name) => name === given);
  if (library === undefined) {
    throw new EdgepropError(
      "bad-option",
      `${owner}.${side} is ${describeValue(given)}; expected one of ${quoteNames(libraries)}, or names`,
    );
  }
  if (isNames && options.names !== undefined)
    throw new EdgepropError("bad-option", `${owner} is given names twice, as ${side} and as names`);
  const names = isNames ? (given as ParamNames) : options.names;
  const layers = foreignLayers(model, library, imageOrder(options.flatten, library, owner));
  return { library, layers, names: names === undefined ? null : readNames(layers, names) };
}

function imageOrder(flatten: unknown, library: Library, owner: string): ImageOrder {
  if (flatten === undefined) return library === "pytorch" ? "chw" : "hwc";
  if (flatten === "chw" || flatten === "hwc") return flatten;
  throw new EdgepropError(
    "bad-option",
    `${owner}.flatten is ${describeValue(flatten)}; expected one of "chw", "hwc"`,
  );
}
