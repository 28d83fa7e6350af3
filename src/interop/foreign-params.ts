import type { PlacedLayer, PlacedParam } from "../kinds/layer-type.ts";
import type { Model } from "../model/index.ts";

/** Whose names and shapes a file has; "edgeprop": those of `paramsLayout`. */
export type Library = "pytorch" | "keras" | "edgeprop";

/** In which order a flattened image lies: (channels, height, width) as in PyTorch, or (height, width, channels) as here. */
export type ImageOrder = "chw" | "hwc";

/** A param as another library keeps it. */
export interface ForeignParam {
  readonly param: PlacedParam;
  /** What it may be called within its module; the first is what is written. */
  readonly leaves: readonly string[];
  readonly shape: readonly number[];
  /** The same values, seen in more axes or fewer: (out, channels, height, width) of a (out, in). */
  readonly view: readonly number[];
  /** The axes of `view` in the order in which they lie here; null: as there. */
  readonly axes: readonly number[] | null;
  /** What all its values are where the library has left it out: a layer without bias, a norm without scale and shift. */
  readonly absent: 0 | 1 | null;
}

/** A layer with params, as another library keeps it. */
export interface ForeignLayer {
  /** As in "layers.2". */
  readonly name: string;
  readonly layer: PlacedLayer;
  readonly params: readonly ForeignParam[];
}

/** The layers that have params, in order. */
export function foreignLayers(model: Model, library: Library, flatten: ImageOrder): ForeignLayer[] {
  const images = flatten === "chw" ? flattenedImages(model) : [];
  return model.placed
    .filter(({ params }) => params.length > 0)
    .map((layer) => ({
      name: `layers.${layer.index}`,
      layer,
      params: layer.params.map((param) => ({
        param,
        leaves: leavesOf(layer, param, library),
        absent: absentOf(layer, param, library),
        ...arrangementOf(layer, param, { library, image: images[layer.index] ?? null }),
      })),
    }));
}

/** Per layer the [height, width, channels] whose values it takes as a list, or null. */
function flattenedImages({ placed }: Model): (readonly number[] | null)[] {
  let image: readonly number[] | null = null;
  return placed.map(({ type, inputShape, outputShape }) => {
    const taken = image;
    if (type.type === "flatten") image = inputShape.length === 3 ? inputShape : image;
    // Norms and dropout leave every value in its place.
    else if (type.type === "dense" || outputShape.join() !== inputShape.join()) image = null;
    return taken;
  });
}

type Names = Readonly<Record<string, readonly string[]>>;

const norm: Names = {
  gamma: ["weight"],
  beta: ["bias"],
  runningMean: ["running_mean"],
  runningVariance: ["running_var"],
};
const product: Names = { weights: ["weight"], bias: ["bias"] };

/** What a library calls the params of each type of layer; those of a type of one's own are called as here. */
const leaves: Readonly<Record<Library, Readonly<Record<string, Names>>>> = {
  edgeprop: {},
  pytorch: {
    dense: product,
    conv2d: product,
    depthwiseConv2d: product,
    embedding: product,
    batchNorm: norm,
    layerNorm: norm,
  },
  keras: {
    dense: { weights: ["kernel"] },
    conv2d: { weights: ["kernel"] },
    // Keras 3 and what was before it.
    depthwiseConv2d: { weights: ["kernel", "depthwise_kernel"] },
    embedding: { weights: ["embeddings"] },
    batchNorm: { runningMean: ["moving_mean"], runningVariance: ["moving_variance"] },
    layerNorm: {},
  },
};

function leavesOf({ type }: PlacedLayer, { ownName }: PlacedParam, library: Library): readonly string[] {
  return leaves[library][type.type]?.[ownName] ?? [ownName];
}

const absences: Readonly<Record<string, 0 | 1>> = { bias: 0, beta: 0, gamma: 1 };

function absentOf({ type }: PlacedLayer, { ownName }: PlacedParam, library: Library): 0 | 1 | null {
  return type.type in leaves[library] ? (absences[ownName] ?? null) : null;
}

type Arrangement = Pick<ForeignParam, "shape" | "view" | "axes">;

/** The arrangements of docs/layers.md, "How params lie". */
function arrangementOf(
  { type }: PlacedLayer,
  { ownName, shape }: PlacedParam,
  { library, image }: { readonly library: Library; readonly image: readonly number[] | null },
): Arrangement {
  const [height = 1, width = 1, channels = 1] = image ?? [];
  const asHere: Arrangement = { shape, view: shape, axes: null };
  // Weights of a dense layer, as it takes them; a vector of a norm, whose values stand for those of the image.
  const isOfImage = image !== null && shape[0] === height * width * channels;
  if (ownName === "weights" && type.type === "dense") {
    const [inputs = 1, units = 1] = shape;
    const ofImage = isOfImage ? [channels, height, width] : [inputs];
    const order = isOfImage ? [1, 2, 0] : [0];
    if (library === "pytorch") {
      const axes = [...order.map((axis) => axis + 1), 0];
      return { shape: [units, inputs], view: [units, ...ofImage], axes };
    }
    return isOfImage ? { shape, view: [...ofImage, units], axes: [...order, 3] } : asHere;
  }
  if (ownName === "weights" && library !== "edgeprop") {
    if (type.type === "conv2d" && library === "pytorch") {
      const [rows = 1, columns = 1, inputs = 1, filters = 1] = shape;
      const theirs = [filters, inputs, rows, columns];
      return { shape: theirs, view: theirs, axes: [2, 3, 1, 0] };
    }
    if (type.type === "depthwiseConv2d") {
      const [rows = 1, columns = 1, depth = 1] = shape;
      return library === "pytorch"
        ? { shape: [depth, 1, rows, columns], view: [depth, rows, columns], axes: [1, 2, 0] }
        : { shape: [rows, columns, depth, 1], view: shape, axes: null };
    }
  }
  const isNorm = type.type === "batchNorm" || type.type === "layerNorm";
  return isNorm && isOfImage ? { shape, view: [channels, height, width], axes: [1, 2, 0] } : asHere;
}
