export { createJaxJsPeer as createPeer } from "../lib/peers/jax-js.ts";
