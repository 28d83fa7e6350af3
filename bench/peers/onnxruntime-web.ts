import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import type { CreateProductPeer } from "./tasks.ts";
import { CannotRun } from "./peer.ts";

/** onnxruntime-web's wasm provider, one thread: a model of one MatMul, both operands given at run time. */
export const createOnnxProduct: CreateProductPeer = async ({ form, m, n, k, a, b }) => {
  if (form !== "AB")
    throw new CannotRun("its MatMul has no transposed form; a Transpose before it would be timed too");
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(matMulModel(m, n, k), {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
  });
  const feeds = { A: new Tensor("float32", a, [m, k]), B: new Tensor("float32", b, [k, n]) };
  let c: ArrayLike<number> = [];
  return {
    async run() {
      c = (await session.run(feeds))["C"]?.data ?? [];
    },
    read: () => c,
  };
};

/*
 * The fields of onnx.proto3 by their numbers: ModelProto 1 ir_version, 7 graph, 8 opset_import; GraphProto 1 node, 2
 * name, 11 input, 12 output; NodeProto 1 input, 2 output, 4 op_type; ValueInfoProto 1 name, 2 type; its tensor_type 1:
 * 1 elem_type (1 is float), 2 shape of dim (1) of dim_value (1).
 */
function matMulModel(m: number, n: number, k: number): Uint8Array {
  const node = [...text(1, "A"), ...text(1, "B"), ...text(2, "C"), ...text(4, "MatMul")];
  const graph = [
    ...message(1, node),
    ...text(2, "product"),
    ...message(11, matrix("A", m, k)),
    ...message(11, matrix("B", k, n)),
    ...message(12, matrix("C", m, n)),
  ];
  return Uint8Array.from([...integer(1, 8), ...message(7, graph), ...message(8, integer(2, 17))]);
}

function matrix(name: string, rows: number, columns: number): number[] {
  const shape = [rows, columns].flatMap((length) => message(1, integer(1, length)));
  return [...text(1, name), ...message(2, message(1, [...integer(1, 1), ...message(2, shape)]))];
}

function message(field: number, bytes: readonly number[]): number[] {
  return [...varint((field << 3) | 2), ...varint(bytes.length), ...bytes];
}

function text(field: number, value: string): number[] {
  return message(field, [...new TextEncoder().encode(value)]);
}

function integer(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

/** Seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}
