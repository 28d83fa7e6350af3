import type { Peers } from "./tasks.ts";

export type PeerName =
  | "edgeprop"
  | "tfjs-wasm"
  | "tfjs-cpu"
  | "jax-js"
  | "convnetjs"
  | "plain-loop"
  | "onnxruntime-web";

/** Each competitor in a process of its own imports this, and with it its own library alone. */
export async function loadPeers(name: PeerName): Promise<Peers> {
  switch (name) {
    case "edgeprop": {
      const [{ createTrainer }, { createEdgepropPeer }, { createEdgepropProduct }] = await Promise.all([
        import("../../src/node.ts"),
        import("./edgeprop.ts"),
        import("./edgeprop-product.ts"),
      ]);
      return { training: createEdgepropPeer(createTrainer), product: createEdgepropProduct };
    }
    case "tfjs-wasm":
    case "tfjs-cpu": {
      const { loadTfjsBackend } = await import("../../src/tfjs/node-backend.ts");
      await loadTfjsBackend(name === "tfjs-cpu" ? "cpu" : "wasm");
      // Brings the gradients: tfjs-core's own file of them cannot be imported by Node.
      await import("@tensorflow/tfjs");
      const [{ createTfjsPeer }, { createTfjsProduct }] = await Promise.all([
        import("./tfjs.ts"),
        import("./tfjs-product.ts"),
      ]);
      return { training: createTfjsPeer, product: createTfjsProduct };
    }
    case "jax-js":
      return { training: (await import("./jax-js.ts")).createJaxJsPeer };
    case "convnetjs":
      return { training: (await import("./convnetjs.ts")).createConvNetJsPeer };
    case "plain-loop":
      return { training: (await import("./plain-loop.ts")).createPlainLoopPeer };
    case "onnxruntime-web":
      return { product: (await import("./onnxruntime-web.ts")).createOnnxProduct };
    default:
      return name satisfies never;
  }
}
