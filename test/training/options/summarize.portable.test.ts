import { conv2d, createTrainer, dense, flatten, maxPool2d, sequential, summarize } from "edgeprop";
import { it } from "vitest";
import { defaults } from "../../suites/training.ts";

const model = sequential({ input: [28, 28, 1] }, [
  conv2d(8, { kernelSize: 5, padding: 2, activation: "relu" }),
  maxPool2d(),
  flatten(),
  dense(1000, { activation: "relu" }),
  dense(10),
]);

it("a summary is plain data", async ({ expect }) => {
  const summary = summarize(model);
  expect(summary).toEqual({
    layers: [
      { index: 0, type: "conv2d", outputShape: [28, 28, 8], params: 208, bytes: 832, isFrozen: false },
      { index: 1, type: "maxPool2d", outputShape: [14, 14, 8], params: 0, bytes: 0, isFrozen: false },
      { index: 2, type: "flatten", outputShape: [1568], params: 0, bytes: 0, isFrozen: false },
      { index: 3, type: "dense", outputShape: [1000], params: 1_569_000, bytes: 6_276_000, isFrozen: false },
      { index: 4, type: "dense", outputShape: [10], params: 10_010, bytes: 40_040, isFrozen: false },
    ],
    params: 1_579_218,
    bytes: 6_316_872,
    frozenParams: 0,
    frozenBytes: 0,
  });
  expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  const trainer = await createTrainer(model, { ...defaults, trainable: [4] });
  expect(summarize(trainer.model, { trainable: [4] })).toEqual(summarize(model, { trainable: [4] }));
  expect(summarize(model, { trainable: [4] })).toMatchObject({
    params: trainer.numParams,
    frozenParams: 1_569_208,
  });
});

it("and a table that tells the frozen params apart", ({ expect }) => {
  expect(`\n${summarize(model, { trainable: [3, 4] }).toString()}`).toBe(`
   layer      output shape     params      bytes
--------------------------------------------------------
   input      [28, 28, 1]
0  conv2d     [28, 28, 8]         208        832  frozen
1  maxPool2d  [14, 14, 8]           0          0
2  flatten    [1568]                0          0
3  dense      [1000]        1,569,000  6,276,000
4  dense      [10]             10,010     40,040
--------------------------------------------------------
   total                    1,579,218  6,316,872
   training                 1,579,010  6,316,040`);
});

it("names a layer that cannot be frozen", ({ expect }) => {
  expect(() => summarize(model, { trainable: [1] })).toThrow(expect.objectContaining({ code: "bad-option" }));
});
