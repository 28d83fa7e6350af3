export { toBigInt64, toFloat32, toFloat64, toInt32 } from "./convert.ts";
export type { ConversionOptions } from "./convert.ts";
export { decodeSafetensors, decodeSafetensorsHeader } from "./decode.ts";
export { encodeSafetensors, toTensor } from "./encode.ts";
export { decodeFrame, decodeFrameHeader, viewFloat32, viewInt32 } from "./frame.ts";
export type { Header, TensorPlace } from "./header.ts";
export { dtypeSizes } from "./types.ts";
export type { Dtype, Tensor, TensorFile } from "./types.ts";
