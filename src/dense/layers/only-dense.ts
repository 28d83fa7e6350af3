import { EdgepropError } from "../../errors.ts";

export function onlyDense(type: string, path: string): EdgepropError {
  return new EdgepropError(
    "unsupported",
    `${path} is a ${type} layer; edgeprop/dense has dense layers alone, import from "edgeprop" instead`,
  );
}
