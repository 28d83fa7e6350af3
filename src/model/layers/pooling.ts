import { EdgepropError } from "../../errors.ts";
import type { FieldReader } from "../../checks/field-reader.ts";
import type { AvgPool2dSpec, GlobalAvgPool1dSpec, GlobalAvgPool2dSpec, MaxPool2dSpec } from "../spec.ts";
import { toImageShape } from "./image.ts";
import type { LayerForm } from "./layer.ts";

/** The largest value of each window of size x size; lines and columns that fill no window are left out. */
export function maxPool2d(size = 2): MaxPool2dSpec {
  return { type: "maxPool2d", size };
}

/** The mean of each window of size x size; lines and columns that fill no window are left out. */
export function avgPool2d(size = 2): AvgPool2dSpec {
  return { type: "avgPool2d", size };
}

/** The mean of each channel over the whole image. */
export function globalAvgPool2d(): GlobalAvgPool2dSpec {
  return { type: "globalAvgPool2d" };
}

/** The mean over the positions of a sequence: [length, units] becomes [units]. */
export function globalAvgPool1d(): GlobalAvgPool1dSpec {
  return { type: "globalAvgPool1d" };
}

export function parsePool2d<T extends "maxPool2d" | "avgPool2d">(
  type: T,
  fields: FieldReader,
): { readonly type: T; readonly size: number } {
  fields.allowOnly(["type", "size"]);
  return { type, size: fields.has("size") ? fields.positiveInteger("size") : 2 };
}

export function parseGlobalAvgPool2d(fields: FieldReader): GlobalAvgPool2dSpec {
  fields.allowOnly(["type"]);
  return globalAvgPool2d();
}

export function parseGlobalAvgPool1d(fields: FieldReader): GlobalAvgPool1dSpec {
  fields.allowOnly(["type"]);
  return globalAvgPool1d();
}

export function pool2dForm(
  { type, size }: MaxPool2dSpec | AvgPool2dSpec,
  inputShape: readonly number[],
  path: string,
): LayerForm {
  const { height, width, channels } = toImageShape(inputShape, path, type);
  if (size > height || size > width) {
    throw new EdgepropError(
      "bad-shape",
      `${path}: a size of ${size} does not fit images of ${height} x ${width}`,
    );
  }
  return { outputShape: [Math.floor(height / size), Math.floor(width / size), channels], params: [] };
}

export function globalAvgPool2dForm(inputShape: readonly number[], path: string): LayerForm {
  const { channels } = toImageShape(inputShape, path, "globalAvgPool2d");
  return { outputShape: [channels], params: [] };
}

export function globalAvgPool1dForm(inputShape: readonly number[], path: string): LayerForm {
  const [length, units, ...others] = inputShape;
  if (length === undefined || units === undefined || others.length > 0) {
    throw new EdgepropError(
      "bad-shape",
      `${path}: a globalAvgPool1d layer takes examples of shape [length, units]; found [${inputShape.join(", ")}]`,
    );
  }
  return { outputShape: [units], params: [] };
}
