import { allSets, dense, embedding, flatten, sequential } from "edgeprop";
import type { LayerSpec } from "edgeprop";
import { exportParams, importParams } from "edgeprop/interop";
import type { ImageOrder, Library } from "edgeprop/interop";
import { decodeSafetensors, encodeSafetensors } from "edgeprop/safetensors";
import fc from "fast-check";
import { describe, it } from "vitest";
import { foreignLayers } from "../../src/interop/foreign-params.ts";
import { permute } from "../../src/interop/permute.ts";
import { layerExamples } from "../support/layer-examples.ts";
import { mixedModels } from "../support/layers.ts";

const libraries = ["pytorch", "keras", "edgeprop"] as const;
const inputs = { any: [3], vector: [4], sequence: [3, 2], image: [4, 5, 3], tokens: [4] } as const;

describe("exportParams and importParams", () => {
  it("give back the params of any model, whatever library lies between", ({ expect }) => {
    const flattening = fc.constantFrom<ImageOrder | undefined>("chw", "hwc", undefined);
    fc.assert(
      fc.property(
        mixedModels,
        fc.constantFrom<Library>(...libraries),
        flattening,
        (model, library, order) => {
          const params = Float32Array.from({ length: model.numParams }, (_, i) => i);
          const asked = order === undefined ? {} : { flatten: order };
          const tensors = exportParams(model, params, { to: library, ...asked });
          const file = decodeSafetensors(encodeSafetensors({ tensors, metadata: {} }));
          const total = Object.values(file.tensors).reduce((sum, { bytes }) => sum + bytes.length / 4, 0);
          expect(total).toBe(params.length);
          // By name, for layers of like shapes whose types the names do not tell apart.
          const names = Object.keys(tensors);
          expect(importParams(model, file.tensors, { from: library, names, ...asked })).toEqual(params);
        },
      ),
    );
  });

  it.for(Object.entries(layerExamples))(
    "%s: every param has a name and a shape there",
    ([type, example], { expect }) => {
      fc.assert(
        fc.property(example.specs, (spec: LayerSpec) => {
          const model = sequential({ input: [...inputs[example.takes]], sets: allSets }, [spec]);
          const params = Float32Array.from({ length: model.numParams }, (_, i) => i);
          for (const library of libraries) {
            const tensors = exportParams(model, params, { to: library });
            expect(importParams(model, tensors, { from: library })).toEqual(params);
            if (library === "edgeprop" || model.numParams === 0) continue;
            // Not by the names here, which would mean that nobody has said what the library calls them.
            const leaves = Object.keys(tensors).map((name) => name.split(/[./]/).at(-1) ?? "");
            const own = ["weights", "runningMean", "runningVariance"];
            expect([type, ...leaves.filter((leaf) => own.includes(leaf))]).toEqual([type]);
          }
        }),
        { numRuns: 20 },
      );
    },
  );

  it("permute what a flattened image feeds, by the definition", ({ expect }) => {
    const [height, width, channels, units] = [2, 3, 4, 5];
    const model = sequential({ input: [height, width, channels] }, [flatten(), dense(units)]);
    const params = Float32Array.from({ length: model.numParams }, (_, i) => i);
    const { "1.weight": weight } = exportParams(model, params, { to: "pytorch" });
    const values = new Float32Array((weight?.bytes ?? new Uint8Array()).slice().buffer);
    for (let unit = 0; unit < units; unit++)
      for (let c = 0; c < channels; c++)
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            const there = unit * height * width * channels + (c * height + y) * width + x;
            const here = ((y * width + x) * channels + c) * units + unit;
            expect(values[there]).toBe(params[here]);
          }
  });

  it("leave dense layers behind the first as they are", ({ expect }) => {
    const model = sequential({ input: [2, 2, 3] }, [flatten(), dense(12), dense(12)]);
    const views = foreignLayers(model, "pytorch", "chw").map(({ params }) => params[0]?.view);
    expect(views).toEqual([
      [12, 3, 2, 2],
      [12, 12],
    ]);
  });

  it("find an embedding and a dense layer of the same shape by the bias", ({ expect }) => {
    const model = sequential({ input: [1] }, [embedding(3, { vocabularySize: 2 }), flatten(), dense(2)]);
    const params = Float32Array.from({ length: model.numParams }, (_, i) => i);
    const tensors = exportParams(model, params, { to: "pytorch" });
    expect(Object.values(tensors).map(({ shape }) => shape)).toEqual([[2, 3], [2, 3], [2]]);
    expect(importParams(model, tensors, { from: "pytorch" })).toEqual(params);
  });
});

describe("permute", () => {
  it("is undone by the inverse, and transposes", ({ expect }) => {
    expect([...permute(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], [1, 0])]).toEqual([1, 4, 2, 5, 3, 6]);
    expect([...permute(Float32Array.of(7), [], [])]).toEqual([7]);
    expect([...permute(new Float32Array(), [0, 3], [1, 0])]).toEqual([]);
  });
});
