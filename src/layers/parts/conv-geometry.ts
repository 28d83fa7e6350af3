import type { Activation } from "../../activations/index.ts";
import type { FieldReader } from "../../checks/field-reader.ts";
import { EdgepropError } from "../../errors.ts";
import type { LayerMatrix } from "../../kinds/layer-type.ts";
import type { RuleSpec } from "../../kinds/rule-type.ts";
import { toImageShape } from "./image.ts";
import type { ImageShape } from "./image.ts";
import { parseActivationAndRule } from "./weights.ts";

export interface Conv2dOptions {
  /** Side of the square kernel. */
  readonly kernelSize: number;
  /** Default 1. */
  readonly stride?: number;
  /** Zeros around the image. "same": outputs = inputs / stride, rounded up; "valid" (default): none; or their number per side. */
  readonly padding?: "same" | "valid" | number;
  /** Default "linear". */
  readonly activation?: Activation;
  /** Default: the trainer's update rule. */
  readonly rule?: RuleSpec;
}

/** What both convolutions' specs have in common. */
export interface ConvSpec {
  readonly type: string;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: "same" | "valid" | number;
  readonly activation: Activation;
  readonly rule?: RuleSpec;
}

// What options have beside these, misspelt or not, is in the spec, where `sequential` refuses it by name.
export const convDefaults = { stride: 1, padding: "valid", activation: "linear" } as const;

export function parseConvOptions(fields: FieldReader, others: readonly string[]): Omit<ConvSpec, "type"> {
  fields.refuse("dilation", "dilated convolutions are not supported; leave it out");
  fields.allowOnly(["type", ...others, "kernelSize", "stride", "padding", "activation", "rule"]);
  return {
    kernelSize: fields.positiveInteger("kernelSize"),
    stride: fields.positiveInteger("stride", 1),
    padding: fields.countOrOneOf("padding", ["same", "valid"], "valid"),
    ...parseActivationAndRule(fields),
  };
}

/** Where the patches of a convolution lie. */
export interface ConvGeometry extends ImageShape {
  readonly outHeight: number;
  readonly outWidth: number;
  /** Zeros before the first line and column; what lies past the last ones follows from the output's size. */
  readonly padTop: number;
  readonly padLeft: number;
  /** Values of a patch of one channel: kernelSize x kernelSize. */
  readonly kernelArea: number;
  /** As kernels take them: kernelSize, stride, padTop, padLeft, outHeight, outWidth. */
  readonly windows: readonly [number, number, number, number, number, number];
}

/** Throws `bad-shape` for what is no image, or too small for the kernel. */
export function convGeometry(
  spec: Pick<ConvSpec, "type" | "kernelSize" | "stride" | "padding">,
  { inputShape, path }: { readonly inputShape: readonly number[]; readonly path: string },
): ConvGeometry {
  const image = toImageShape(inputShape, path, spec.type);
  const rows = place(spec, image.height);
  const columns = place(spec, image.width);
  if (rows.count < 1 || columns.count < 1) {
    throw new EdgepropError(
      "bad-shape",
      `${path}: a kernelSize of ${spec.kernelSize} does not fit images of ${image.height} x ${image.width} with padding ${JSON.stringify(spec.padding)}`,
    );
  }
  return {
    ...image,
    outHeight: rows.count,
    outWidth: columns.count,
    padTop: rows.before,
    padLeft: columns.before,
    kernelArea: spec.kernelSize ** 2,
    windows: [spec.kernelSize, spec.stride, rows.before, columns.before, rows.count, columns.count],
  };
}

/** Along one side of the image: how many outputs, and how many zeros before the first value. */
function place(
  { kernelSize, stride, padding }: Pick<ConvSpec, "kernelSize" | "stride" | "padding">,
  length: number,
): { readonly count: number; readonly before: number } {
  if (padding === "same") {
    const count = Math.ceil(length / stride);
    const zeros = Math.max(0, (count - 1) * stride + kernelSize - length);
    return { count, before: Math.floor(zeros / 2) };
  }
  const before = padding === "valid" ? 0 : padding;
  return { count: Math.floor((length + 2 * before - kernelSize) / stride) + 1, before };
}

/** What the patches of a block may take, unless one output line takes more: half of a second-level cache. */
const patchBlockBytes = 2 ** 19;

/** Output lines of a block, counted through all examples. */
export function linesPerBlock(
  { outHeight, outWidth }: ConvGeometry,
  { patchSize, examples }: { readonly patchSize: number; readonly examples: number },
): number {
  const fitting = Math.floor(patchBlockBytes / (4 * outWidth * patchSize));
  return Math.max(1, Math.min(fitting, examples * outHeight));
}

/** A = [patches, 1] of `outputs` output channels. */
export function patchMatrix(
  geometry: ConvGeometry,
  {
    patchSize,
    outputs,
    examples,
  }: { readonly patchSize: number; readonly outputs: number; readonly examples: number },
): Omit<LayerMatrix, "partialBytes"> {
  const { outHeight, outWidth } = geometry;
  const blockRows = linesPerBlock(geometry, { patchSize, examples }) * outWidth;
  return {
    rows: examples * outHeight * outWidth,
    inputs: patchSize,
    outputs,
    blockRows,
    patchBytes: 4 * blockRows * patchSize,
  };
}
