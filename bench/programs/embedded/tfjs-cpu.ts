import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import type { CreateTrainingPeer } from "../../peers/peer.ts";
import { createTfjsPeer } from "../../peers/tfjs.ts";

export const createPeer: CreateTrainingPeer = async (problem) => {
  await tf.setBackend("cpu");
  return createTfjsPeer(problem);
};
