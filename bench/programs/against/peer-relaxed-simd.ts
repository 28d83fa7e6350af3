import { createPeerWith } from "./create-peer.ts";

export const createPeer = createPeerWith("relaxed-simd");
