import type { LayersModel } from "@tensorflow/tfjs-layers";
import { EdgepropError } from "../errors.ts";
import type { Loss, ModelSpec } from "../index.ts";
import type { DenseSpec } from "../layers/index.ts";
import { tfjsActivations } from "./engine/activations.ts";
import type { LayerParams, Param } from "./engine/params.ts";

type Layer = LayersModel["layers"][number];

/** A tf.LayersModel as edgeprop sees it: the architecture, and the very variables that the model computes with. */
export interface LayersModelParts {
  readonly model: ModelSpec;
  readonly params: readonly LayerParams[];
}

export function isLayersModel(model: ModelSpec | LayersModel): model is LayersModel {
  return "getWeights" in model && typeof model.getWeights === "function";
}

/**
 * A chain of dense layers. A softmax at its end belongs to softmaxCrossEntropy and a sigmoid to
 * sigmoidCrossEntropy: these losses apply it themselves, so the last layer counts as linear here; the user's model
 * keeps it. Throws `unsupported`, naming the layer, for whatever training would silently leave out.
 */
export function readLayersModel(model: LayersModel, lossOption: Loss): LayersModelParts {
  const loss = typeof lossOption === "string" ? lossOption : lossOption.name;
  const layers = model.layers.filter((layer) => layer.getClassName() !== "InputLayer");
  const other = layers.find((layer) => layer.getClassName() !== "Dense");
  if (other !== undefined) throw unsupported(other, `is of class ${other.getClassName()}; expected Dense`);
  const inputs = layers[0]?.weights[0]?.shape[0];
  if (typeof inputs !== "number") {
    const what = "has no dense layers, or is not built yet: its first layer wants an inputShape";
    throw new EdgepropError("unsupported", `the model ${model.name} ${what}`);
  }
  checkChain(model, layers);
  const specs = layers.map((layer) => toDense(layer, { loss, isLast: layer === layers.at(-1) }));
  return { model: { input: [inputs], layers: specs }, params: layers.map(toLayerParams) };
}

/** Each layer is fed by the one before it alone. */
function checkChain(model: LayersModel, layers: readonly Layer[]): void {
  let previous = model.inputs[0];
  for (const layer of layers) {
    const node = layer.inboundNodes.find(
      ({ inputTensors }) => inputTensors.length === 1 && inputTensors[0] === previous,
    );
    if (node === undefined) {
      throw unsupported(layer, "is not fed by the layer before it alone; expected a chain of layers");
    }
    previous = node.outputTensors[0];
  }
  if (model.inputs.length === 1 && model.outputs.length === 1 && model.outputs[0] === previous) return;
  const found = `${model.inputs.length} inputs and ${model.outputs.length} outputs`;
  const expected = "expected one input, and the last layer's output as the only one";
  throw new EdgepropError("unsupported", `the model ${model.name} has ${found}; ${expected}`);
}

interface Place {
  readonly loss: string;
  readonly isLast: boolean;
}

/** What only tfjs's own training knows of. */
const extras = [
  "kernelRegularizer",
  "biasRegularizer",
  "activityRegularizer",
  "kernelConstraint",
  "biasConstraint",
];

function toDense(layer: Layer, place: Place): DenseSpec {
  const config = layer.getConfig();
  if (config["useBias"] !== true) throw unsupported(layer, "has no bias; expected useBias: true");
  if (!layer.trainable) throw unsupported(layer, "is frozen; expected trainable: true");
  const extra = extras.find((name) => config[name] !== null && config[name] !== undefined);
  if (extra !== undefined) throw unsupported(layer, `has a ${extra}; expected none`);
  const units = config["units"];
  if (typeof units !== "number")
    throw unsupported(layer, `has ${JSON.stringify(units)} units; expected a number`);
  return { type: "dense", units, activation: toActivation(layer, config["activation"], place) };
}

function toActivation(layer: Layer, found: unknown, { loss, isLast }: Place): string {
  const isOfLoss =
    (found === "softmax" && loss === "softmaxCrossEntropy") ||
    (found === "sigmoid" && loss === "sigmoidCrossEntropy");
  if (isLast && isOfLoss) return "linear";
  const names = Object.keys(tfjsActivations);
  const activation = names.find((name) => name === found);
  if (activation !== undefined) return activation;
  const softmax = isLast ? ", or softmax for the loss softmaxCrossEntropy" : "";
  throw unsupported(
    layer,
    `has the activation ${String(found)}; expected one of ${names.join(", ")}${softmax}`,
  );
}

/** Kernel (in, units) and bias (units): as edgeprop has them. */
function toLayerParams(layer: Layer): LayerParams {
  const [kernel, bias] = layer.weights;
  if (kernel === undefined || bias === undefined) {
    throw unsupported(layer, `has ${layer.weights.length} weights; expected a kernel and a bias`);
  }
  return { weights: toParam(kernel), bias: toParam(bias) };
}

function toParam(variable: Layer["weights"][number]): Param {
  return {
    shape: variable.shape.map(Number),
    read: () => variable.read(),
    write: (value) => void variable.write(value),
    // It is the user's.
    dispose: () => {},
  };
}

function unsupported(layer: Layer, what: string): EdgepropError {
  return new EdgepropError("unsupported", `layer ${layer.name} ${what}`);
}
