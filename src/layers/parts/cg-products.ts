import type { KernelCall, LayerContext, ProxStep } from "../../kinds/layer-calls.ts";
import type { Address } from "../../runtime/index.ts";
import { matrixAt, productCall } from "./matrix.ts";

/** Where the vectors of conjugate gradients by products lie in the buffer `work`, in bytes from its start. */
export interface ProductsWork {
  readonly r: number;
  readonly p: number;
  /** A^T (A p) */
  readonly image: number;
  /** A p of one block of rows. */
  readonly forward: number;
  readonly floors: number;
  readonly curvatures: number;
  readonly bytes: number;
}

export interface ProductsShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly blockRows: number;
}

/** r, p and image are (inputs + 1, outputs). */
export function productsWork({ inputs, outputs, blockRows }: ProductsShape): ProductsWork {
  const vector = roundUp(4 * (inputs + 1) * outputs);
  const scalars = 8 * Math.ceil(outputs / 4) * 4;
  const forward = 3 * vector + 2 * scalars;
  return {
    r: 0,
    p: vector,
    image: 2 * vector,
    floors: 3 * vector,
    curvatures: 3 * vector + scalars,
    forward,
    bytes: forward + 4 * blockRows * outputs,
  };
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}

/** The rows of A of a block, made where `patches` says. */
export interface ProductBlock {
  readonly blockRows: number;
  readonly gather: KernelCall;
}

/**
 * direction = scale x the D of `cgIterations` iterations on (A^T A + damping I) D = A^T G, from A^T G in its place. Each
 * iteration makes A p and A^T (A p), block by block.
 */
export function cgProductsCalls(
  {
    inputs,
    outputs,
    blocks,
  }: Omit<ProductsShape, "blockRows"> & { readonly blocks: readonly ProductBlock[] },
  { kernels, direction, patches, partial, scratch }: LayerContext,
  { damping, scale, cgIterations, work }: ProxStep,
): KernelCall[] {
  const size = inputs + 1;
  const count = size * outputs;
  const places = productsWork({ inputs, outputs, blockRows: 0 });
  const at = (place: Exclude<keyof ProductsWork, "bytes">): Address => work + places[place];
  const [r, p, image, forward] = [at("r"), at("p"), at("image"), at("forward")];
  const [floors, curvatures] = [at("floors"), at("curvatures")];

  const iteration: KernelCall[] = [
    () => kernels.clear(2 * Math.ceil(outputs / 4) * 4, curvatures),
    ...blocks.flatMap(({ blockRows, gather }, block) => {
      const to = block === 0 ? image : partial;
      return [
        gather,
        productCall(kernels, "gemm", {
          a: matrixAt(patches, blockRows, inputs),
          b: matrixAt(p, inputs, outputs),
          c: matrixAt(forward, blockRows, outputs),
          bias: p + 4 * inputs * outputs,
          scratch,
        }),
        () => kernels.addColumnSquares(blockRows, outputs, forward, curvatures),
        productCall(kernels, "gemmTransposedA", {
          a: matrixAt(patches, blockRows, inputs),
          b: matrixAt(forward, blockRows, outputs),
          c: matrixAt(to, inputs, outputs),
          scratch,
        }),
        () => kernels.columnSums(blockRows, outputs, outputs, forward, to + 4 * inputs * outputs),
        ...(block === 0 ? [] : [() => kernels.accumulate(count, partial, image)]),
      ];
    }),
    () =>
      kernels.conjugateGradientsAdvance(size, outputs, damping, image, curvatures, floors, direction, r, p),
  ];
  return [
    () => kernels.conjugateGradientsBegin(size, outputs, direction, r, p, floors),
    ...Array.from({ length: cgIterations ?? 0 }, () => iteration).flat(),
    () => kernels.scaleFloats(count, scale, direction),
  ];
}
