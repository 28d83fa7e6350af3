import { EdgepropError } from "../errors.ts";
import { collectStatistics, statisticsTensors } from "../exchange/index.ts";
import { allRunSets, createUpdateCodec } from "../federated/index.ts";
import type { ShardTask, TrainTask } from "../federated/index.ts";
import { paramsLayout, toModel } from "../model/index.ts";
import { encodeStatistics } from "../protocol/index.ts";
import type { Participant } from "./participant.ts";
import { withTrainer } from "./with-trainer.ts";

type ShardTrainer = Pick<Participant, "data" | "createTrainer" | "loadKernels" | "sets">;

/** What a shard of a round's batch contributes to the step, as the bytes of its update. */
export async function trainShard(
  { data, createTrainer, loadKernels, sets = allRunSets }: ShardTrainer,
  task: TrainTask,
  { shard, params }: { readonly shard: ShardTask; readonly params: Float32Array },
): Promise<Uint8Array> {
  const { loss, training, seed } = task;
  const model = toModel(task.model, sets);
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
      const codec = createUpdateCodec(task.filters, { layout: paramsLayout(model), set: sets.filters });
      const taken = await withTrainer(createTrainer(model, options), async (trainer) =>
        trainer.direction(dataset),
      );
      return codec.encode({ delta: taken.direction, numExamples, loss: taken.loss }, seed);
    }
    default:
      return exchange satisfies never;
  }
}
