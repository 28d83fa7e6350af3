export { createPlainLoopPeer as createPeer } from "../lib/peers/plain-loop.ts";
