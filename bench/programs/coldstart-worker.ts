/** The first step of a network whose params are drawn here; the batch comes as float32 inputs and one label each. */
import { backprop, createTrainer, dense, sequential, sgd } from "edgeprop";

const batchSize = 32;

export default {
  async fetch(request: Request): Promise<Response> {
    const body = await request.arrayBuffer();
    const model = sequential({ input: [784] }, [
      dense(256, { activation: "relu" }),
      dense(128, { activation: "relu" }),
      dense(10),
    ]);
    const trainer = await createTrainer(model, {
      loss: "softmaxCrossEntropy",
      rule: backprop(),
      optimizer: sgd({ learningRate: 0.05 }),
      batchSize,
      deterministic: request.headers.get("x-kernels") === "simd",
    });
    const { loss } = await trainer.step({
      inputs: new Float32Array(body, 0, batchSize * 784),
      targets: new Int32Array(body, 4 * batchSize * 784, batchSize),
    });
    return new Response(String(loss));
  },
};
