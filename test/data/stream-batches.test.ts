import { streamExamples } from "edgeprop";
import type { ExampleChunk } from "edgeprop";
import fc from "fast-check";
import { it } from "vitest";
import { streamBatches } from "../../src/data/stream-batches.ts";

/** Examples 0, 1, ... of one value each, in chunks of the given sizes. */
function streamOf(sizes: readonly number[], shuffleBuffer: number) {
  return streamExamples(
    async function* (): AsyncGenerator<ExampleChunk> {
      let next = 0;
      for (const size of sizes) {
        const values = Float32Array.from({ length: size }, (_, i) => next + i);
        next += size;
        yield { inputs: values, targets: values.slice() };
      }
    },
    { inputSize: 1, shuffleBuffer },
  );
}

async function read(
  stream: ReturnType<typeof streamOf>,
  options: { readonly batchSize: number; readonly skip: number },
): Promise<{ readonly batches: number[][]; readonly known: boolean[] }> {
  const batches: number[][] = [];
  const known: boolean[] = [];
  for await (const { dataset, mayBeLast } of streamBatches(stream, { ...options, seed: 1, epoch: 0 })) {
    // A batch lies in memory that the next one takes.
    batches.push([...dataset.inputs]);
    known.push(!mayBeLast);
  }
  return { batches, known };
}

it("batches hold every example once, in an order that is not a matter of the chunks", async ({ expect }) => {
  const chunks = fc.array(fc.nat(9), { minLength: 1, maxLength: 12 }).filter((sizes) => sizes.some(Boolean));
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 7 }), fc.nat(12), async (sizes, batchSize, buffer) => {
      const count = sizes.reduce((sum, size) => sum + size, 0);
      const { batches, known } = await read(streamOf(sizes, buffer), { batchSize, skip: 0 });
      const { batches: whole } = await read(streamOf([count], buffer), { batchSize, skip: 0 });
      expect(batches).toEqual(whole);
      expect(batches.map(({ length }) => length)).toEqual(
        Array.from({ length: Math.ceil(count / batchSize) }, (_, i) =>
          Math.min(batchSize, count - i * batchSize),
        ),
      );
      expect(batches.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      if (buffer === 0) expect(batches.flat()).toEqual(Array.from({ length: count }, (_, i) => i));
      // Of the last batch alone nobody may say that there is more.
      expect(known.at(-1)).toBe(false);
      const skip = Math.floor(batches.length / 2) * batchSize;
      if (skip > count) return;
      const { batches: rest } = await read(streamOf(sizes, buffer), { batchSize, skip });
      expect(rest).toEqual(batches.slice(Math.floor(batches.length / 2)));
    }),
    { numRuns: 300 },
  );
});
