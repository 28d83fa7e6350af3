import { EdgepropError } from "../../errors.ts";
import type { FieldReader } from "../../checks/field-reader.ts";
import { activations } from "../spec.ts";
import type { Activation, Conv2dSpec, DepthwiseConv2dSpec } from "../spec.ts";
import type { RuleSpec } from "../update-rules.ts";
import { toImageShape } from "./image.ts";
import type { ImageShape } from "./image.ts";
import { weightsAndBias } from "./layer.ts";
import type { LayerForm } from "./layer.ts";
import { parseRule } from "./rule.ts";

export interface Conv2dOptions {
  /** Side of the square kernel. */
  readonly kernelSize: number;
  /** Default 1. */
  readonly stride?: number;
  /** Default "valid". */
  readonly padding?: Conv2dSpec["padding"];
  /** Default "linear". */
  readonly activation?: Activation;
  /** Default: the trainer's update rule. */
  readonly rule?: RuleSpec;
}

// What options have beside these, misspelt or not, is in the spec, where `sequential` refuses it by name.
const defaults = { stride: 1, padding: "valid", activation: "linear" } as const;

/** A convolution over images: every filter sees all channels of a patch. */
export function conv2d(filters: number, options: Conv2dOptions): Conv2dSpec {
  return { ...defaults, ...options, type: "conv2d", filters };
}

/** A convolution of each channel by itself, with a kernel and a bias of its own. */
export function depthwiseConv2d(options: Conv2dOptions): DepthwiseConv2dSpec {
  return { ...defaults, ...options, type: "depthwiseConv2d" };
}

export function parseConv2d(fields: FieldReader): Conv2dSpec {
  const options = parseOptions(fields, ["filters"]);
  return { type: "conv2d", filters: fields.positiveInteger("filters"), ...options };
}

export function parseDepthwiseConv2d(fields: FieldReader): DepthwiseConv2dSpec {
  fields.refuse("multiplier", "every channel has one kernel; leave it out");
  return { type: "depthwiseConv2d", ...parseOptions(fields, []) };
}

type Parsed = Required<Omit<Conv2dOptions, "rule">> & Pick<Conv2dOptions, "rule">;

function parseOptions(fields: FieldReader, others: readonly string[]): Parsed {
  fields.refuse("dilation", "dilated convolutions are not supported; leave it out");
  fields.allowOnly(["type", ...others, "kernelSize", "stride", "padding", "activation", "rule"]);
  return {
    kernelSize: fields.positiveInteger("kernelSize"),
    stride: fields.has("stride") ? fields.positiveInteger("stride") : 1,
    padding: fields.has("padding") ? fields.countOrOneOf("padding", ["same", "valid"]) : "valid",
    activation: fields.has("activation") ? fields.oneOf("activation", activations) : "linear",
    ...parseRule(fields),
  };
}

/** Where the patches of a convolution lie. */
export interface Conv2dGeometry extends ImageShape {
  readonly outHeight: number;
  readonly outWidth: number;
  /** Zeros before the first line and column; what lies past the last ones follows from the output's size. */
  readonly padTop: number;
  readonly padLeft: number;
  /** Values that an output is computed from: kernelSize x kernelSize, times the channels where it sees all of them. */
  readonly patchSize: number;
}

/** Throws `bad-shape` for what is no image, or too small for the kernel. */
export function conv2dGeometry(
  spec: Conv2dSpec | DepthwiseConv2dSpec,
  inputShape: readonly number[],
  path: string,
): Conv2dGeometry {
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
    patchSize: spec.kernelSize ** 2 * (spec.type === "conv2d" ? image.channels : 1),
  };
}

/** Along one side of the image: how many outputs, and how many zeros before the first value. */
function place(
  { kernelSize, stride, padding }: Conv2dSpec | DepthwiseConv2dSpec,
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

/** Weights HWIO, then the bias: together the (patchSize + 1, filters) of A = [patches, 1]. */
export function conv2dForm(spec: Conv2dSpec, inputShape: readonly number[], path: string): LayerForm {
  const { filters, kernelSize } = spec;
  const { channels, outHeight, outWidth, patchSize } = conv2dGeometry(spec, inputShape, path);
  return {
    outputShape: [outHeight, outWidth, filters],
    params: weightsAndBias([kernelSize, kernelSize, channels, filters], patchSize),
  };
}

/** Weights (kernelSize, kernelSize, channels), then the bias: together a (patchSize + 1) column for each channel. */
export function depthwiseConv2dForm(
  spec: DepthwiseConv2dSpec,
  inputShape: readonly number[],
  path: string,
): LayerForm {
  const { kernelSize } = spec;
  const { channels, outHeight, outWidth, patchSize } = conv2dGeometry(spec, inputShape, path);
  return {
    outputShape: [outHeight, outWidth, channels],
    params: weightsAndBias([kernelSize, kernelSize, channels], patchSize),
  };
}
