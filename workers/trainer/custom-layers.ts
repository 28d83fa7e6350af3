import { EdgepropError } from "../../src/errors.ts";
import type { ModelSpec } from "../../src/model/index.ts";

/** Throws `unsupported`: code does not come over HTTP. */
export function refuseCustomLayers(model: ModelSpec): void {
  const index = model.layers.findIndex(({ type }) => type === "custom");
  const layer = model.layers[index];
  if (layer?.type !== "custom") return;
  throw new EdgepropError(
    "unsupported",
    `layers[${index}] is the custom layer "${layer.name}", and this Worker has no code of layers of a user's own; train the model where its code is, by createTrainer`,
  );
}
