import { createTrainer } from "edgeprop";
import { createEdgepropPeer } from "../../peers/edgeprop.ts";

export const createPeer = createEdgepropPeer(createTrainer);
