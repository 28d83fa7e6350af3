import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  adam,
  backprop,
  conv2d,
  createRandom,
  createTrainer,
  dense,
  flatten,
  maxPool2d,
  nesterov,
  proxProp,
  sequential,
  toDataset,
} from "edgeprop";
import type { Dataset, DenseSpec, ModelSpec, OptimizerSpec, RuleSpec } from "edgeprop";
import { describe, it } from "vitest";
import type { Splits } from "../../bench/paper/cifar10.ts";
import { drawCurves } from "../../bench/paper/curves.ts";
import { resultFile, writeResult } from "../../bench/paper/results.ts";
import type { Setting } from "../../bench/paper/settings.ts";
import { paperModel } from "../../bench/paper/settings.ts";
import { runTable, tableFile, tableMarkdown, tableRules, tableSteps } from "../../bench/paper/table.ts";
import { runTraining } from "../../bench/paper/train.ts";

/** Stands in for CIFAR-10: bytes of noise, brighter in a place that depends on the class. */
function examples(numExamples: number, seed: number): Dataset {
  const random = createRandom(seed);
  const targets = Uint8Array.from({ length: numExamples }, (_, example) => example % 10);
  const inputs = Uint8Array.from({ length: numExamples * 3072 }, (_, index) => {
    const label = targets[Math.floor(index / 3072)] ?? 0;
    return Math.floor(random.uniform() * 128) + (Math.floor((index % 3072) / 307) === label ? 127 : 0);
  });
  return toDataset({ inputs, targets, inputSize: 3072 });
}

const splits: Splits = { train: examples(30, 1), validation: examples(20, 2), test: examples(10, 3) };

const relu = { activation: "relu" } as const;
const convolution = { kernelSize: 5, padding: 2, activation: "relu" } as const;
/** The paper's networks, the MLP at a 500th of its width. */
const mlp = sequential({ input: [3072] }, [dense(8, relu), dense(2, relu), dense(8, relu), dense(10)]);
const convnet = sequential({ input: [32, 32, 3] }, [
  conv2d(16, convolution),
  maxPool2d(2),
  conv2d(20, convolution),
  maxPool2d(2),
  conv2d(20, convolution),
  flatten(),
  dense(10),
]);
const small = { epochs: 2, samples: 24, width: 0.002, seed: 5 } as const;

interface Case {
  readonly name: string;
  readonly setting: Setting;
  readonly model: ModelSpec;
  readonly rule: RuleSpec;
  readonly optimizer: OptimizerSpec;
}

const cases: readonly Case[] = [
  {
    name: "MLP, backprop",
    setting: { ...small, model: "mlp", rule: "backprop", learningRate: 0.05 },
    model: mlp,
    rule: backprop(),
    optimizer: nesterov({ learningRate: 0.05, momentum: 0.95 }),
  },
  {
    name: "MLP, cg3",
    setting: { ...small, model: "mlp", rule: "cg3", learningRate: 1, tau: 0.05 },
    model: mlp,
    rule: proxProp({ tau: 0.05, reduction: "sum", proxSolver: "cg", cgIterations: 3 }),
    optimizer: nesterov({ learningRate: 1, momentum: 0.95 }),
  },
  {
    name: "ConvNet, exact",
    setting: { ...small, width: 1, model: "convnet", rule: "exact", learningRate: 1e-3, tau: 1 },
    model: convnet,
    rule: proxProp({ tau: 1, reduction: "sum" }),
    optimizer: adam({ learningRate: 1e-3 }),
  },
];

async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "edgeprop-paper-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("the paper's experiments", () => {
  it.for(cases)(
    "train as a trainer of one's own does: $name",
    async ({ setting, model, rule, optimizer }, { expect }) => {
      const result = await runTraining(splits, setting);
      const trainer = await createTrainer(model, {
        loss: "softmaxCrossEntropy",
        rule,
        optimizer,
        batchSize: 500,
        seed: 5,
        deterministic: false,
      });
      const train = {
        ...splits.train,
        numExamples: 24,
        inputs: splits.train.inputs.subarray(0, 24 * 3072),
        targets: splits.train.targets.subarray(0, 24),
      };
      expect(result.epochs).toHaveLength(2);
      for (const numbers of result.epochs) {
        const { lossSum, numExamples } = await trainer.train(train, { epochs: numbers.epoch });
        const validation = await trainer.evaluate(splits.validation);
        // The same kernels on the same numbers: to the last bit.
        expect(numbers).toMatchObject({
          stepLoss: lossSum / numExamples,
          trainingLoss: (await trainer.evaluate(train)).loss,
          validationLoss: validation.loss,
          validationAccuracy: validation.accuracy,
        });
      }
      const { loss, accuracy } = await trainer.evaluate(splits.test);
      expect(result.test?.atLastEpoch).toEqual({ epoch: 2, loss, accuracy });
    },
  );

  it("have the paper's network at full width", ({ expect }) => {
    const { layers } = paperModel("mlp", 1);
    expect(layers.map(({ type }) => type)).toEqual(["dense", "dense", "dense", "dense"]);
    expect(layers.map((layer) => (layer as DenseSpec).units)).toEqual([4000, 1000, 4000, 10]);
  });

  it("test the params of the epoch that validates best", async ({ expect }) => {
    // At this learning rate the third epoch is better than the last.
    const setting: Setting = {
      ...small,
      model: "mlp",
      rule: "backprop",
      learningRate: 0.2,
      width: 0.02,
      epochs: 6,
    };
    const { epochs, test } = await runTraining(splits, setting);
    const accuracies = epochs.map(({ validationAccuracy }) => validationAccuracy);
    const best = accuracies.indexOf(Math.max(...accuracies)) + 1;
    expect(best).toBeLessThan(6);
    const until = await runTraining(splits, { ...setting, epochs: best });
    expect(test?.atBestValidation).toEqual({ ...until.test?.atLastEpoch, epoch: best });
  });

  it("keep the epochs before a divergence, and say why it stopped", async ({ expect }) => {
    const setting: Setting = { ...small, model: "mlp", rule: "backprop", learningRate: 1e25, epochs: 9 };
    const { diverged, epochs } = await runTraining(splits, setting);
    expect(diverged).toMatch(/loss|finite|overflow/);
    expect(epochs.length).toBeLessThan(9);
  });

  it("are drawn beside those of the same network and number of examples", async ({ expect }) => {
    await inTemporaryFolder(async (folder) => {
      for (const { setting } of cases) await writeResult(folder, await runTraining(splits, setting));
      const [first, second] = cases;
      if (first === undefined || second === undefined) throw new Error("two cases");
      const other: Setting = { ...second.setting, tau: 2, seed: 1 };
      await writeResult(folder, await runTraining(splits, other));
      expect(resultFile(other)).toBe("paper-mlp-cg3-w0.002-n24-tau2.json");
      const svg = await readFile(await drawCurves(folder, first.setting), "utf8");
      const labels = ["backprop seed5", "cg3 seed5", "cg3 tau2"];
      for (const label of labels) expect(svg).toContain(`>${label}</text>`);
      // Three lines in each of three panels; the ConvNet is another plot.
      expect(svg.match(/<polyline/g)).toHaveLength(9);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    });
  });

  it("say which file, and what in it, is no result", async ({ expect }) => {
    await inTemporaryFolder(async (folder) => {
      const [first] = cases;
      if (first === undefined) throw new Error("a case");
      const result = await runTraining(splits, { ...first.setting, epochs: 1 });
      const path = join(folder, resultFile(first.setting));
      await writeFile(
        path,
        JSON.stringify({ ...result, epochs: [{ ...result.epochs[0], trainingLoss: "low" }] }),
      );
      await expect(drawCurves(folder, first.setting)).rejects.toThrow(
        /paper-mlp-backprop.*no result(.|\n)*trainingLoss/,
      );
    });
  });

  it("make a table that goes on where it was interrupted", async ({ expect }) => {
    await inTemporaryFolder(async (folder) => {
      const setting = { ...small, model: "mlp", epochs: 1, tau: 1 } as const;
      const whole = await runTable(splits, setting, { folder });
      expect(whole.cells).toHaveLength(tableRules.length * tableSteps.length);
      const path = join(folder, tableFile(setting));
      const kept = whole.cells.slice(0, 7).map((cell) => ({ ...cell, loss: 0.123 }));
      await writeFile(path, JSON.stringify({ ...whole, cells: kept }));
      const computed: string[] = [];
      const table = await runTable(splits, setting, {
        folder,
        onCell: ({ rule, learningRate }) => computed.push(`${rule} ${learningRate}`),
      });
      expect(table.cells).toEqual([...kept, ...whole.cells.slice(7)]);
      expect(computed).toHaveLength(whole.cells.length - 7);
      expect(computed[0]).toBe("backprop 0.005");
      expect(tableMarkdown(table).split("\n")[2]).toMatch(/^\| backprop \| 0\.123 \| 0\.123 \|/);
    });
  });
});
