/** Trains the digits of examples/digits by an update rule of one's own, stops, and goes on from a checkpoint. */
import {
  allSets,
  cosineSchedule,
  createTrainer,
  dense,
  proxProp,
  restoreTrainer,
  sequential,
  sgd,
  toDataset,
} from "edgeprop";
import { lars, larsRule } from "./lars.ts";

/** Two noisy copies of ten 8 x 8 patterns, one per class: they stand in for your own examples. */
function createExamples(seed: number) {
  const inputs = Float32Array.from({ length: 400 * 64 }, (_, index) => {
    const [example, pixel] = [Math.floor(index / 64), index % 64];
    return Math.sin((example % 10) * 31 + pixel) + 0.5 * Math.sin(index * 12.9898 + seed);
  });
  return toDataset({
    inputs,
    targets: Int32Array.from({ length: 400 }, (_, example) => example % 10),
    inputSize: 64,
  });
}

// Edgeprop's sets and one rule more: what a name in options and checkpoints may stand for.
const sets = { ...allSets, rules: { ...allSets.rules, lars: larsRule } };
// The first layer has a rule of its own; the others take the trainer's.
const model = sequential({ input: [64], sets }, [
  dense(32, { activation: "relu", rule: proxProp({ tau: 1 }) }),
  dense(16, { activation: "relu" }),
  dense(10),
]);
const trainer = await createTrainer(model, {
  loss: "softmaxCrossEntropy",
  rule: lars({ trust: 0.05, weightDecay: 1e-4 }),
  optimizer: sgd({ learningRate: 1 }),
  schedule: cosineSchedule({ steps: 200, warmupSteps: 10 }),
  batchSize: 8,
  seed: 1,
});
const [train, test] = [createExamples(1), createExamples(2)];
for await (const { epoch, loss, validation } of trainer.fit(train, { epochs: 3, validation: test })) {
  console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}, accuracy ${validation?.accuracy?.toFixed(3)}`);
}

// A checkpoint keeps the rule's name and options: its code is for the program to bring.
const restored = await restoreTrainer(await trainer.checkpoint(), { sets });
await restored.train(train, { epochs: 4 });
console.log(`epoch 4, restored: accuracy ${(await restored.evaluate(test)).accuracy?.toFixed(3)}`);
