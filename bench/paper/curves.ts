import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toSvg } from "../command/plot.ts";
import type { Series } from "../command/plot.ts";
import { configurationSuffix, readResultsLike, variation } from "./results.ts";
import type { EpochNumbers, Result } from "./results.ts";
import { allSamples } from "./settings.ts";
import type { ModelName, Setting } from "./settings.ts";

const titles = { mlp: "MLP", convnet: "ConvNet" } as const satisfies Record<ModelName, string>;

/** Draws all results of the same model, width and number of examples in the folder; returns the path. */
export async function drawCurves(folder: string, setting: Setting): Promise<string> {
  const results = await readResultsLike(folder, setting);
  const path = join(folder, `paper-${setting.model}${configurationSuffix(setting)}.svg`);
  await writeFile(path, curvesSvg(results, setting));
  return path;
}

function curvesSvg(results: readonly Result[], { model, width, samples }: Setting): string {
  const series = (x: keyof EpochNumbers, y: keyof EpochNumbers, factor = 1): Series[] =>
    results.map(({ setting, epochs }) => ({
      label: [setting.rule, ...variation(setting)].join(" "),
      points: epochs.map((numbers) => [numbers[x], numbers[y] * factor] as const),
    }));
  const loss = { yLabel: "training loss (cross-entropy, nats)", yScale: "log" } as const;
  const scaled = width === 1 ? "" : `, hidden layers x ${width}`;
  const subset = samples === allSamples ? "" : `, first ${samples} examples`;
  return toSvg(`${titles[model]} on CIFAR-10${scaled}${subset}`, [
    {
      ...loss,
      title: "Training loss by epochs",
      xLabel: "epochs",
      series: series("epoch", "trainingLoss"),
    },
    {
      ...loss,
      title: "Training loss by time",
      xLabel: "CPU time of training (s)",
      series: series("cpuSeconds", "trainingLoss"),
    },
    {
      title: "Validation accuracy by epochs",
      xLabel: "epochs",
      yLabel: "validation accuracy (%)",
      yScale: "linear",
      series: series("epoch", "validationAccuracy", 100),
    },
  ]);
}
