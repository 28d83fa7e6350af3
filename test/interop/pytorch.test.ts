import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  batchNorm,
  conv2d,
  createPredictor,
  dense,
  depthwiseConv2d,
  embedding,
  flatten,
  globalAvgPool1d,
  layerNorm,
  sequential,
} from "edgeprop";
import type { Model } from "edgeprop";
import { exportParams, importParams } from "edgeprop/interop";
import type { ParamNames } from "edgeprop/interop";
import { decodeSafetensors, encodeSafetensors } from "edgeprop/safetensors";
import { describe, it } from "vitest";
import { findPython, runPython } from "../support/processes/python.ts";

const committed = join(import.meta.dirname, "golden");
const script = join(committed, "networks.py");

interface Network {
  readonly model: Model;
  readonly names?: ParamNames;
  /** [channels, height, width], where the inputs are images: PyTorch's order. */
  readonly image?: readonly [number, number, number];
}

const relu = { activation: "relu" } as const;

/** The networks of networks.py. */
const networks: Readonly<Record<string, Network>> = {
  cnn: {
    image: [2, 5, 6],
    model: sequential({ input: [5, 6, 2] }, [
      conv2d(3, { kernelSize: 3, padding: 1, ...relu }),
      batchNorm(),
      depthwiseConv2d({ kernelSize: 3, padding: "valid", ...relu }),
      flatten(),
      batchNorm(),
      dense(4),
    ]),
  },
  text: {
    model: sequential({ input: [5] }, [
      embedding(3, { vocabularySize: 7 }),
      layerNorm(),
      globalAvgPool1d(),
      dense(2),
    ]),
  },
  mlp: {
    // The first has no bias there; alphabetically it would come last.
    names: { "layers.0": "encoder.in", "layers.1": "encoder.again" },
    model: sequential({ input: [4] }, [dense(4, { activation: "tanh" }), dense(4)]),
  },
};

/** (channels, height, width) to (height, width, channels). */
function toHere(values: readonly number[], image: Network["image"]): number[] {
  if (image === undefined) return [...values];
  const [channels, height, width] = image;
  return Array.from({ length: values.length }, (_, i) => {
    const [place, channel] = [Math.floor(i / channels), i % channels];
    return values[channel * height * width + place] ?? 0;
  });
}

async function outputsOf(
  { model, image }: Network,
  params: Float32Array,
  inputs: number[][],
): Promise<number[]> {
  const predictor = await createPredictor(model, { loss: "meanSquaredError", batchSize: 2, params });
  return [...(await predictor.predict(Float32Array.from(inputs.flatMap((each) => toHere(each, image)))))];
}

/** Sums of less than 100 products of values below 4, in float32. */
const tolerance = 1e-5;

function distance(found: readonly number[], expected: readonly number[]): number {
  if (found.length !== expected.length) return Infinity;
  return Math.max(...found.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN))));
}

/** The files of a folder, each imported and held against its outputs. */
async function differencesIn(folder: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [name, network] of Object.entries(networks)) {
    const { tensors } = decodeSafetensors(readFileSync(join(folder, `${name}.safetensors`)));
    const { inputs, outputs } = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as {
      inputs: number[][];
      outputs: number[][];
    };
    const params = importParams(network.model, tensors, {
      from: "pytorch",
      ...(network.names === undefined ? {} : { names: network.names }),
    });
    found[name] = distance(await outputsOf(network, params, inputs), outputs.flat());
  }
  return found;
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "edgeprop-networks-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const isClose = { cnn: true, text: true, mlp: true };

function judged(differences: Readonly<Record<string, number>>): Record<string, boolean> {
  return Object.fromEntries(Object.entries(differences).map(([name, value]) => [name, value < tolerance]));
}

describe("a model in PyTorch's names and shapes", () => {
  it("predicts what its formulas say", async ({ expect }) => {
    expect(judged(await differencesIn(committed))).toEqual(isClose);
  });

  it("is what Python's loops compute here", async ({ expect, skip }) => {
    const python = findPython() ?? skip("no python3 is on PATH");
    await inFolder(async (folder) => {
      runPython(python, [script, "plain", folder]);
      expect(judged(await differencesIn(folder))).toEqual(isClose);
      for (const name of Object.keys(networks)) {
        const file = `${name}.safetensors`;
        expect(readFileSync(join(folder, file)).equals(readFileSync(join(committed, file)))).toBe(true);
      }
    });
  });

  it("predicts what torch says, and goes back to it", { timeout: 120_000 }, async ({ expect, skip }) => {
    const python =
      findPython("torch") ??
      skip(
        "no Python here has torch: apt-get install python3-torch, or name one that has by EDGEPROP_PYTHON",
      );
    await inFolder(async (folder) => {
      runPython(python, [script, "torch", folder]);
      expect(judged(await differencesIn(folder))).toEqual(isClose);
      const expected: Record<string, number[]> = {};
      for (const [name, network] of Object.entries(networks)) {
        const { model } = network;
        // Params of our own, a variance above 0 among them.
        const params = Float32Array.from({ length: model.numParams }, (_, i) => 0.5 + 0.4 * Math.sin(i));
        if (name === "mlp") params.fill(0, 16, 20);
        const names = network.names;
        const tensors = exportParams(model, params, {
          to: "pytorch",
          ...(names === undefined ? {} : { names }),
        });
        // The Linear there has no bias.
        delete tensors["encoder.in.bias"];
        writeFileSync(
          join(folder, `${name}.exported.safetensors`),
          encodeSafetensors({ tensors, metadata: {} }),
        );
        const { inputs } = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as {
          inputs: number[][];
        };
        expected[name] = await outputsOf(network, params, inputs);
      }
      const answers = runPython(python, [script, "check", folder]).trim().split("\n");
      const differences = Object.entries(expected).map(([name, outputs], i) => [
        name,
        distance((JSON.parse(answers[i] ?? "[]") as number[][]).flat(), outputs),
      ]);
      expect(judged(Object.fromEntries(differences) as Record<string, number>)).toEqual(isClose);
    });
  });
});
