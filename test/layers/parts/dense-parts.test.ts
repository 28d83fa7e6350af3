import { backprop, createRandom, createTrainer, dense, proxProp, sequential } from "edgeprop";
import type { Batch, RuleSpec, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";
import { optimizers } from "../../support/specs.ts";

/** Of a norm that no direction has: nothing is scaled, but the whole direction lies there before it is applied. */
const unreached = 1e30;

const rules: readonly [string, RuleSpec][] = [
  ["backprop", backprop()],
  ["an exact prox step", proxProp({ tau: 0.5 })],
];
/** Around a part's 126 rows, more of them for narrow layers, and its 128 columns; the bias is one more row. */
const shapes: readonly (readonly [number, number])[] = [
  [1, 1],
  [124, 128],
  [125, 128],
  [126, 128],
  [127, 129],
  [251, 127],
  [252, 256],
  [3, 257],
  [253, 63],
  [378, 40],
];

async function paramsAfter(
  steps: readonly Batch[],
  [inputs, outputs]: readonly [number, number],
  options: Pick<TrainerOptions, "rule" | "optimizer" | "clipNorm">,
): Promise<{ readonly params: Float32Array; readonly directions: readonly Float32Array[] }> {
  const model = sequential({ input: [inputs] }, [dense(outputs, { activation: "tanh" }), dense(2)]);
  const trainer = await createTrainer(model, {
    loss: "softmaxCrossEntropy",
    batchSize: 7,
    seed: 3,
    deterministic: true,
    ...options,
  });
  const directions: Float32Array[] = [];
  for (const batch of steps) {
    directions.push((await trainer.direction(batch)).direction);
    await trainer.step(batch);
  }
  return { params: await trainer.getParams(), directions };
}

describe.for(rules)("a dense layer's direction by %s, made in parts", ([, rule]) => {
  it.for(optimizers)(
    "moves the params as the whole one does, byte for byte: $name, momentum $momentum",
    async (optimizer, { expect }) => {
      for (const shape of shapes) {
        const [inputs] = shape;
        const random = createRandom(inputs);
        const batches = [7, 1, 4].map((rows) => ({
          inputs: Float32Array.from({ length: rows * inputs }, () => random.uniform() - 0.5),
          targets: Int32Array.from({ length: rows }, (_, i) => i % 2),
        }));
        const inParts = await paramsAfter(batches, shape, { rule, optimizer });
        const whole = await paramsAfter(batches, shape, { rule, optimizer, clipNorm: unreached });
        expect(inParts, shape.join(" -> ")).toEqual(whole);
      }
    },
  );
});
