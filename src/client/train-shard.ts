import { collectStatistics, statisticsTensors } from "../training/index.ts";
import { EdgepropError } from "../errors.ts";
import type { ShardTask, TrainTask } from "../federated/index.ts";
import { paramsLayout } from "../model/index.ts";
import { encodeStatistics, encodeUpdate } from "../protocol/index.ts";
import type { Participant } from "./participant.ts";

/** What a shard of a round's batch contributes to the step, as the bytes of its update. */
export async function trainShard(
  { data, createTrainer, loadKernels }: Pick<Participant, "data" | "createTrainer" | "loadKernels">,
  { model, loss, training, seed }: TrainTask,
  { shard, params }: { readonly shard: ShardTask; readonly params: Float32Array },
): Promise<Uint8Array> {
  const { begin, end, exchange } = shard;
  const dataset = await data.range(begin, end);
  const numExamples = end - begin;
  if (dataset.numExamples !== numExamples) {
    throw new EdgepropError(
      "bad-shape",
      `the dataset gave ${dataset.numExamples} of the examples ${begin} to ${end}`,
    );
  }
  const { rule, optimizer } = training;
  switch (exchange) {
    case "statistics": {
      const module = await loadKernels({ deterministic: true });
      const { sums, lossSum } = collectStatistics(module, model, { dataset, loss, rule, params });
      return encodeStatistics(statisticsTensors(model, rule), {
        sums,
        numExamples,
        loss: lossSum / numExamples,
      });
    }
    case "direction": {
      const options = { loss, rule, optimizer, batchSize: numExamples, seed, deterministic: true, params };
      const trainer = await createTrainer(model, options);
      const { direction, loss: meanLoss } = await trainer.direction(dataset);
      return encodeUpdate(paramsLayout(model), { delta: direction, numExamples, loss: meanLoss });
    }
    default:
      return exchange satisfies never;
  }
}
