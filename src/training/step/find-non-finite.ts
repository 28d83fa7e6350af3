import type { PlacedLayer } from "../../kinds/layer-type.ts";
import type { Arena } from "../../runtime/index.ts";
import { activationsName } from "./plan-memory.ts";

/*
 * Where numbers went wrong, for messages: looked for only after something did.
 */

/** The first layer whose activations are not all finite, in words; null where all are. */
export function describeActivations(
  arena: Arena,
  layers: readonly PlacedLayer[],
  rows: number,
): string | null {
  for (const layer of layers) {
    const name = activationsName(layer.index);
    const bad = arena.kernels.firstNonFinite(rows * layer.outputSize, arena.at(name));
    if (bad < 0) continue;
    const example = Math.floor(bad / layer.outputSize);
    return `${nameOf(layer)} is the first layer whose activations are not finite: ${arena.floats(name)[bad]} for example ${example} of the batch`;
  }
  return null;
}

/** The first layer with values that are not finite in one of these buffers, each laid out as the params are. */
export function describeLayerOf(
  arena: Arena,
  layers: readonly PlacedLayer[],
  buffers: readonly string[],
): string | null {
  for (const layer of layers) {
    for (const buffer of buffers) {
      const isBad = layer.params.some(
        ({ offset, length, isTrained }) =>
          isTrained && arena.kernels.firstNonFinite(length, arena.at(buffer) + 4 * offset) >= 0,
      );
      if (isBad) return nameOf(layer);
    }
  }
  return null;
}

/** As in "layers[2] (dense)". */
export function nameOf({ index, spec }: PlacedLayer): string {
  return `layers[${index}] (${spec.type})`;
}
