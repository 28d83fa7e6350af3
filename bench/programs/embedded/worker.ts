/** A Worker around a peer: each request says how many steps to take; the first one creates the peer. A negative count only loads. */
import { createPeer } from "embedded-peer";
import type { TrainingPeer } from "../../peers/peer.ts";
import { decodeProblem } from "../../problems/problem-file.ts";
import { watchWasm } from "../../timing/watch-wasm.ts";

const wasmBytes = watchWasm();
let running: { readonly peer: TrainingPeer; readonly numBatches: number } | null = null;
let steps = 0;

export default {
  async fetch(request: Request): Promise<Response> {
    const body = await request.arrayBuffer();
    const count = Number(request.headers.get("x-steps"));
    if (count < 0) return new Response("{}");
    try {
      const current = running ?? (await create(body));
      running = current;
      for (let step = 0; step < count; step++) await current.peer.step(steps++ % current.numBatches);
      return Response.json({ loss: await current.peer.loss(), wasmBytes: wasmBytes() });
    } catch (error) {
      return Response.json({ error: String(error) });
    }
  },
};

async function create(body: ArrayBuffer): Promise<{ peer: TrainingPeer; numBatches: number }> {
  const problem = decodeProblem(body);
  return { peer: await createPeer(problem), numBatches: problem.numBatches };
}
