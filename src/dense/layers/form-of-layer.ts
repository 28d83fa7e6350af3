import { denseForm } from "../../model/layers/dense.ts";
import type { LayerForm } from "../../model/layers/layer.ts";
import type { LayerSpec } from "../../model/spec.ts";
import { onlyDense } from "./only-dense.ts";

/** In the place of src/model/form-of-layer.ts. */
export function formOfLayer(spec: LayerSpec, index: number, inputShape: readonly number[]): LayerForm {
  const path = `layers[${index}]`;
  if (spec.type === "dense") return denseForm(spec, inputShape, path);
  throw onlyDense(spec.type, path);
}
