import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import simdBinary from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm";
import createModule from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js";
import * as tf from "@tensorflow/tfjs-core";
import type { CreateTrainingPeer } from "../../peers/peer.ts";
import { createTfjsPeer } from "../../peers/tfjs.ts";

/** Out of the box this backend does not start in workerd: it must be handed the compiled module. */
export const createPeer: CreateTrainingPeer = async (problem) => {
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", async () => {
    const module = await createModule({
      locateFile: (path) => path,
      instantiateWasm(imports, done) {
        const instance = new WebAssembly.Instance(simdBinary, imports);
        done(instance, simdBinary);
        return instance.exports;
      },
    });
    module.tfjs = {
      init: module.cwrap("init", null, []),
      initWithThreadsCount: module.cwrap("init_with_threads_count", null, ["number"]),
      getThreadsCount: module.cwrap("get_threads_count", "number", []),
      registerTensor: module.cwrap("register_tensor", null, ["number", "number", "number"]),
      disposeData: module.cwrap("dispose_data", null, ["number"]),
      dispose: module.cwrap("dispose", null, []),
    };
    return new BackendWasm(module as never);
  });
  if (!(await tf.setBackend("wasm"))) throw new Error("the backend did not start");
  return createTfjsPeer(problem);
};
