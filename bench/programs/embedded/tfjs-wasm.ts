import "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import type { CreateTrainingPeer } from "../../peers/peer.ts";
import { createTfjsPeer } from "../../peers/tfjs.ts";

/** In Node it finds its binaries beside the bundle. */
export const createPeer: CreateTrainingPeer = async (problem) => {
  if (!(await tf.setBackend("wasm"))) throw new Error("the backend did not start");
  return createTfjsPeer(problem);
};
