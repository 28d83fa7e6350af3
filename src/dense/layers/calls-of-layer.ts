import type { PlacedLayer } from "../../model/index.ts";
import { denseCalls } from "../../training/layers/dense-calls.ts";
import type { LayerCalls, LayerContext } from "../../training/layers/layer-calls.ts";
import { onlyDense } from "./only-dense.ts";

/** In the place of src/training/layers/calls-of-layer.ts. */
export function callsOfLayer(layer: PlacedLayer, context: LayerContext): LayerCalls {
  const { spec, index } = layer;
  if (spec.type === "dense") return denseCalls(spec, layer, context);
  throw onlyDense(spec.type, `layers[${index}]`);
}
