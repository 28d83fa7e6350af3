import { limitBody } from "../../shared/bodies.ts";

const maxJsonBytes = 1_000_000;
/** A call to a Durable Object carries at most 32 MiB: what fits bounds the model. */
const maxUpdateBytes = 31 * 1024 * 1024;

export const limitJson = limitBody(maxJsonBytes);
export const limitTensors = limitBody(maxUpdateBytes);
