export { decodeSafetensors, decodeSafetensorsHeader, toFloat32, toInt32 } from "./decode.ts";
export type { TensorPlace } from "./decode.ts";
export { encodeSafetensors, toTensor } from "./encode.ts";
export { dtypeSizes } from "./types.ts";
export type { Dtype, Tensor, TensorFile } from "./types.ts";
