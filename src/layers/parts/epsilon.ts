import type { FieldReader } from "../../checks/field-reader.ts";
import type { PlacedLayer } from "../../kinds/layer-type.ts";

/** What a layer that normalises adds to the variance. */
export function parseEpsilon(fields: FieldReader): number {
  return fields.number("epsilon", { above: 0, upTo: 1, byDefault: 1e-5 });
}

/** The length of the last axis. */
export function channelsOf({ inputShape }: Pick<PlacedLayer, "inputShape">): number {
  return inputShape.at(-1) ?? 1;
}
