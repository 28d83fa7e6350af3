import { checkOptions } from "../../checks/check-options.ts";
import { EdgepropError } from "../../errors.ts";
import { readFields, toPositiveInteger } from "../../checks/field-reader.ts";
import type { FieldReader } from "../../checks/field-reader.ts";
import { customInits } from "../spec.ts";
import type { CustomParamSpec, CustomSpec } from "../spec.ts";
import type { LayerForm } from "./layer.ts";

export interface CustomOptions {
  /** What the code goes by in the option `customLayers` of a trainer. */
  readonly name: string;
  /** Of one example. Default: the input's. */
  readonly outputShape?: readonly number[];
  readonly params?: readonly CustomParamOptions[];
  /** JSON that the code gets. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface CustomParamOptions {
  readonly name: string;
  readonly shape: readonly number[];
  /** Default "uniform": U(-1 / sqrt(fanIn), 1 / sqrt(fanIn)). */
  readonly init?: CustomParamSpec["init"];
  /** Default: the layer's input size. */
  readonly fanIn?: number;
}

/**
 * A layer of your own. The spec says all that others need to know (shapes, params, how they begin); the code, a
 * `CustomLayer`, is given to createTrainer and restoreTrainer. It takes explicit steps whatever the rule.
 */
export function custom(options: CustomOptions): CustomSpec {
  const { params = [] } = checkOptions(options, "custom", ["name", "outputShape", "params", "settings"]);
  return {
    settings: {},
    ...options,
    type: "custom",
    params: params.map((param) => ({ init: "uniform", ...param })),
  };
}

const nameForm = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
const nameExpected = "a name of letters and digits, a letter first, 64 at most";

export function parseCustom(fields: FieldReader, path: string): CustomSpec {
  fields.allowOnly(["type", "name", "outputShape", "params", "settings"]);
  const params = fields.has("params") ? fields.list("params", parseParam, { mayBeEmpty: true }) : [];
  const names = params.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new EdgepropError("bad-option", `${path}.params has the name "${twice}" twice`);
  return custom({
    name: fields.text("name", nameForm, nameExpected),
    ...(fields.has("outputShape") ? { outputShape: fields.list("outputShape", toPositiveInteger) } : {}),
    params,
    ...(fields.has("settings") ? { settings: fields.json("settings") } : {}),
  });
}

function parseParam(value: unknown, path: string): CustomParamSpec {
  const fields = readFields(value, path);
  fields.allowOnly(["name", "shape", "init", "fanIn"]);
  return {
    name: fields.text("name", nameForm, nameExpected),
    shape: fields.list("shape", toPositiveInteger),
    init: fields.has("init") ? fields.oneOf("init", customInits) : "uniform",
    ...(fields.has("fanIn") ? { fanIn: fields.positiveInteger("fanIn") } : {}),
  };
}

export function customForm({ outputShape, params }: CustomSpec, inputShape: readonly number[]): LayerForm {
  const inputSize = inputShape.reduce((product, length) => product * length, 1);
  return {
    outputShape: outputShape ?? inputShape,
    params: params.map(({ name, shape, init, fanIn = inputSize }) => ({
      name,
      shape,
      initial: init === "uniform" ? { kind: init, fanIn } : { kind: init },
      isTrained: true,
    })),
  };
}
