import { EdgepropError } from "../errors.ts";
import { viewFloat32, toTensor } from "../safetensors/index.ts";
import type { Dtype, Tensor } from "../safetensors/index.ts";

/** Tensors by name, as they lie in a file. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** A named part of a flat array: what ParamsLayout and the layout of statistics consist of. */
export interface NamedPart {
  readonly name: string;
  readonly shape: readonly number[];
  /** In values. */
  readonly offset: number;
  readonly length: number;
}

/**
 * Flat float32 values as one F32 tensor per part; views, nothing is copied.
 *
 * @example const tensors = toTensors(paramsLayout(model), await trainer.getParams());
 */
export function toTensors(layout: readonly NamedPart[], flat: Float32Array): Tensors {
  return Object.fromEntries(
    layout.map(({ name, shape, offset, length }) => [
      name,
      toTensor(flat.subarray(offset, offset + length), shape),
    ]),
  );
}

/**
 * The flat values of exactly the parts of `layout`. Throws `bad-shape`, naming the tensor.
 *
 * @example
 * ```ts
 * const layout = paramsLayout(model);
 * const flat = fromTensors(layout, toTensors(layout, await trainer.getParams()));
 * ```
 */
export function fromTensors(layout: readonly NamedPart[], tensors: Tensors): Float32Array {
  const flat = new Float32Array(countValues(layout));
  for (const { tensor, offset } of pickTensors(layout, tensors, "F32")) flat.set(viewFloat32(tensor), offset);
  return flat;
}

export function countValues(layout: readonly NamedPart[]): number {
  const last = layout.at(-1);
  return last === undefined ? 0 : last.offset + last.length;
}

/** Exactly the tensors of the layout; throws `bad-shape`, naming the first that is surplus, missing or another. */
export function pickTensors(
  layout: readonly NamedPart[],
  tensors: Tensors,
  dtype: Dtype,
): { tensor: Tensor; offset: number }[] {
  const expected = layout.map(({ name }) => name);
  const surplus = Object.keys(tensors).find((name) => !expected.includes(name));
  if (surplus !== undefined) {
    throw new EdgepropError(
      "bad-shape",
      `tensor "${surplus.slice(0, 100)}" is not of this model; expected ${expected.join(", ")}`,
    );
  }
  return layout.map(({ name, shape, offset }) => {
    const tensor = tensors[name];
    if (tensor === undefined) {
      throw new EdgepropError("bad-shape", `tensor "${name}" is missing; expected ${expected.join(", ")}`);
    }
    if (tensor.dtype !== dtype || tensor.shape.join() !== shape.join()) {
      throw new EdgepropError(
        "bad-shape",
        `tensor "${name}" is ${tensor.dtype} [${tensor.shape.join(", ")}]; expected ${dtype} [${shape.join(", ")}]`,
      );
    }
    return { tensor, offset };
  });
}
