/*
 * The part of the libraries of bench/package.json that benchmarks use. Declared here, because the checks run
 * without them: they are installed on first use.
 */

declare module "@jax-js/jax" {
  /** Owned: an operation consumes its operands, unless they are passed as `x.ref`. */
  export interface Array {
    readonly ref: Array;
    readonly shape: readonly number[];
    reshape(shape: readonly number[]): Array;
    transpose(axes: readonly number[]): Array;
    add(other: Array | number): Array;
    sub(other: Array | number): Array;
    mul(other: Array | number): Array;
    sum(): Array;
    data(): Promise<Float32Array>;
    dispose(): void;
  }
  export function init(): Promise<readonly string[]>;
  export function defaultDevice(device: "wasm"): string;
  export const numpy: {
    array(values: Float32Array): Array;
    matmul(a: Array, b: Array): Array;
    max(a: Array, axes: readonly number[]): Array;
  };
  export const nn: { relu(x: Array): Array; logSoftmax(x: Array): Array };
  export const lax: {
    conv(
      images: Array,
      kernels: Array,
      strides: readonly number[],
      padding: readonly (readonly [number, number])[],
    ): Array;
  };
  export const tree: { ref<T>(values: T): T };
  export function jit<A extends unknown[], R>(compute: (...args: A) => R): (...args: A) => R;
  export function valueAndGrad<P, A extends unknown[]>(
    compute: (params: P, ...args: A) => Array,
  ): (params: P, ...args: A) => [Array, P];
  export function blockUntilReady<T>(values: T): Promise<T>;
}

declare module "convnetjs" {
  export interface Vol {
    readonly w: Float64Array;
  }
  interface FullyConnected {
    readonly layer_type: string;
    readonly filters: readonly Vol[];
    readonly biases: Vol;
  }
  interface ConvNetJs {
    readonly Vol: new (width: number, height: number, depth: number, value?: number) => Vol;
    readonly Net: new () => {
      readonly layers: readonly FullyConnected[];
      makeLayers(definitions: readonly object[]): void;
    };
    readonly Trainer: new (
      net: object,
      options: object,
    ) => { train(x: Vol, label: number): { readonly cost_loss: number } };
  }
  const convnetjs: ConvNetJs;
  export = convnetjs;
}

declare module "onnxruntime-web/wasm" {
  export const env: { readonly wasm: { numThreads: number } };
  export class Tensor {
    constructor(type: "float32", data: Float32Array, dims: readonly number[]);
    readonly data: Float32Array;
  }
  export const InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> }>;
  };
}

declare module "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js" {
  interface EmscriptenModule {
    tfjs: Record<string, unknown>;
    cwrap(name: string, result: string | null, args: readonly string[]): unknown;
  }
  export default function createModule(options: {
    locateFile(path: string): string;
    instantiateWasm(
      imports: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ): WebAssembly.Exports;
  }): Promise<EmscriptenModule>;
}

/** Which program of bench/programs it is, a bundle says. */
declare module "embedded-peer" {
  export const createPeer: import("./peers/peer.ts").CreateTrainingPeer;
}
