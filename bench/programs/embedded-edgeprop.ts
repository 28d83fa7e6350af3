import { createTrainer } from "edgeprop";
import { createEdgepropPeer } from "../lib/peers/edgeprop.ts";

export const createPeer = createEdgepropPeer(createTrainer);
