export { createConvNetJsPeer as createPeer } from "../../peers/convnetjs.ts";
