export { createConvNetJsPeer as createPeer } from "../lib/peers/convnetjs.ts";
