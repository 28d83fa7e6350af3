export { createJaxJsPeer as createPeer } from "../../peers/jax-js.ts";
