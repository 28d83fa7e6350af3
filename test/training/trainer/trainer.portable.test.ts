import { createTrainer } from "edgeprop";
import { it } from "vitest";
import { describeFitting } from "../../suites/fitting.ts";
import { describeMetrics } from "../../suites/metrics.ts";
import { describeStreams } from "../../suites/streams.ts";
import { createBytes, defaults, describeTraining, hex, model } from "../../suites/training.ts";

describeTraining(createTrainer);
describeFitting(createTrainer);
describeMetrics(createTrainer);
describeStreams(createTrainer);

it("gives these very bytes in every engine", async ({ expect }) => {
  const trainer = await createTrainer(model, defaults);
  await trainer.train(createBytes(), { epochs: 5 });
  // Another value here means other arithmetic: then it is to be replaced, knowingly.
  expect(hex((await trainer.getParams()).slice(-3))).toBe("aa9183be16b5d73d134dbcbd");
});
