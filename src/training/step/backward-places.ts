import { lastLinear } from "../../model/index.ts";
import type { PlacedLayer } from "../../model/index.ts";
import type { UpdateRule } from "../options/types.ts";
import { proxSideOf } from "../layers/prox-side.ts";
import { ruleOf } from "../options/update-rules.ts";

/** Where the backward pass leaves what belongs to a layer. */
export interface BackwardPlace {
  /** The buffer of dL/da of the layer's output, then of G. */
  readonly gradient: string;
  /** Of its direction in the buffer `direction`, in values; null: it never lies there. */
  readonly direction: number | null;
  /** The direction is made part by part, of A and G, when the optimizer is to have it. */
  readonly isInParts: boolean;
}

export interface BackwardOptions {
  readonly rule: UpdateRule;
  readonly batchSize: number;
  /** Default all layers. */
  readonly trainable?: readonly number[];
  /** The norm of all directions comes before any of them is applied: all lie there whole. */
  readonly clipNorm?: number;
}

/** For each layer; and how many values the directions take that lie in the buffer. */
export function placeBackward(
  layers: readonly PlacedLayer[],
  options: BackwardOptions,
): { readonly places: readonly BackwardPlace[]; readonly directionLength: number } {
  const last = lastLinear(layers);
  const places: BackwardPlace[] = [];
  let directionLength = 0;
  for (const layer of layers) {
    const { index, params, spec } = layer;
    const isTrained = options.trainable?.includes(index) !== false;
    const isInParts = isTrained && comesInParts(layer, { ...options, isLast: layer === last });
    // The code of a custom layer writes its direction in any case.
    const isWhole = !isInParts && params.length > 0 && (isTrained || spec.type === "custom");
    places.push({
      // Of gradients that nobody needs later only neighbours are alive together: two buffers take turns.
      gradient: isInParts ? `gradients.${index}` : `gradients.${index % 2 === 0 ? "even" : "odd"}`,
      direction: isWhole ? directionLength : null,
      isInParts,
    });
    if (isWhole) directionLength += params.reduce((sum, { length }) => sum + length, 0);
  }
  return { places, directionLength };
}

/** A dense layer's A^T G, G filtered or not, unless anything but the optimizer is to see it. */
function comesInParts(
  layer: PlacedLayer,
  { clipNorm, ...place }: BackwardOptions & { readonly isLast: boolean },
): boolean {
  if (layer.spec.type !== "dense" || clipNorm !== undefined) return false;
  const { name } = ruleOf(layer, place);
  return name === "backprop" || (name === "proxprop" && proxSideOf(layer, place) === "dual");
}
