import { createTrainer, restoreTrainer, streamExamples } from "edgeprop";
import { it } from "vitest";
import { createBytes, defaults, hex, model } from "../../suites/training.ts";

function createStream(shuffleBuffer: number) {
  const { inputs, targets } = createBytes();
  return streamExamples(
    async function* () {
      for (let begin = 0; begin < 45; begin += 10)
        yield {
          inputs: inputs.slice(begin * 6, (begin + 10) * 6),
          targets: targets.slice(begin, begin + 10),
        };
    },
    { inputSize: 6, shuffleBuffer },
  );
}

it.for([0, 7])(
  "a checkpoint within an epoch of a stream goes on to the same bytes, shuffle buffer %i",
  async (shuffleBuffer, { expect }) => {
    const whole = await createTrainer(model, defaults);
    await whole.train(createStream(shuffleBuffer), { maxSteps: 14 });
    const first = await createTrainer(model, defaults);
    await first.train(createStream(shuffleBuffer), { maxSteps: 9 });
    const second = await restoreTrainer(await first.checkpoint());
    await second.train(createStream(shuffleBuffer), { maxSteps: 5 });
    expect(hex(await second.getParams())).toBe(hex(await whole.getParams()));
    expect(await second.checkpoint()).toEqual(await whole.checkpoint());
  },
);
