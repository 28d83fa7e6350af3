export { createPlainLoopPeer as createPeer } from "../../peers/plain-loop.ts";
