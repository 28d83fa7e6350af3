import { backprop, dense, sequential, sgd, streamExamples } from "edgeprop";
import type { Dataset, ExampleChunk, ExampleStream, Trainer, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";
import type { CreateTrainer } from "../../scripts/vector-case.ts";
import { createBytes, defaults, hex, model } from "./training.ts";

function chunkOf(
  { inputs, targets }: Dataset,
  begin: number,
  end: number,
): Pick<Dataset, "inputs" | "targets"> {
  return { inputs: inputs.slice(begin * 6, end * 6), targets: targets.slice(begin, end) };
}

/** What a source has been asked for. */
interface Tap {
  opened: number;
  closed: number;
  chunks: number;
}

/** The dataset in chunks of the given sizes, over and over. */
function streamOf(
  dataset: Dataset,
  sizes: readonly number[],
  {
    shuffleBuffer = 0,
    tap = { opened: 0, closed: 0, chunks: 0 },
  }: { shuffleBuffer?: number; tap?: Tap } = {},
): ExampleStream {
  async function* source(): AsyncGenerator<ExampleChunk> {
    tap.opened += 1;
    try {
      for (let begin = 0, turn = 0; begin < dataset.numExamples; turn++) {
        const end = Math.min(dataset.numExamples, begin + (sizes[turn % sizes.length] ?? 1));
        tap.chunks += 1;
        yield chunkOf(dataset, begin, end);
        begin = end;
      }
    } finally {
      tap.closed += 1;
    }
  }
  return streamExamples(source, { inputSize: 6, shuffleBuffer });
}

/** Streams of every Trainer: what comes in chunks is trained on as if it had come whole. */
export function describeStreams(createTrainer: CreateTrainer): void {
  function create(options: Partial<TrainerOptions> = {}): Promise<Trainer> {
    return createTrainer(model, { ...defaults, ...options });
  }

  describe("a stream", () => {
    it.for([[1], [7], [8], [45], [100], [3, 0, 11, 1]])(
      "in chunks of %j gives the bytes of the same batches",
      async (sizes, { expect }) => {
        const dataset = createBytes();
        const [byHand, fitted, trained] = await Promise.all([create(), create(), create()]);
        const losses: number[] = [];
        for (let epoch = 0; epoch < 2; epoch++) {
          let lossSum = 0;
          for (let begin = 0; begin < 45; begin += 8) {
            const end = Math.min(45, begin + 8);
            const { loss } = await byHand.step({
              ...chunkOf(dataset, begin, end),
              inputScale: dataset.inputScale,
            });
            lossSum += loss * (end - begin);
          }
          losses.push(lossSum / 45);
        }
        const stream = streamOf(dataset, sizes);
        const evaluation = await byHand.evaluate(dataset, { topK: [2], confusion: true });
        let epochs = 0;
        for await (const { loss, validation } of fitted.fit(stream, { epochs: 2, validation: stream })) {
          expect(loss).toBeCloseTo(losses[epochs++] ?? 0, 9);
          if (epochs === 2) expect(validation?.accuracy).toBe(evaluation.accuracy);
        }
        expect(hex(await fitted.getParams())).toBe(hex(await byHand.getParams()));
        expect(await fitted.evaluate(stream, { topK: [2], confusion: true })).toEqual(evaluation);
        expect(await trained.train(stream, { epochs: 2 })).toMatchObject({
          steps: 12,
          numExamples: 90,
          isDone: true,
        });
        expect(hex(await trained.getParams())).toBe(hex(await byHand.getParams()));
      },
    );

    it("does not depend on how calls slice it, nor on how it is cut", async ({ expect }) => {
      const whole = await create();
      await whole.train(streamOf(createBytes(), [10], { shuffleBuffer: 12 }), { epochs: 3 });
      for (const [maxSteps, size] of [
        [1, 4],
        [4, 45],
        [7, 9],
      ] as const) {
        const sliced = await create();
        const stream = streamOf(createBytes(), [size], { shuffleBuffer: 12 });
        let isDone = false;
        while (!isDone) ({ isDone } = await sliced.train(stream, { maxSteps, epochs: 3 }));
        expect(hex(await sliced.getParams())).toBe(hex(await whole.getParams()));
      }
    });

    it.for([0, 5])(
      "of whole batches is over with the last of them, buffer %i",
      async (shuffleBuffer, { expect }) => {
        const dataset = { ...createBytes(), numExamples: 40 };
        const trainer = await create();
        const stream = streamOf(dataset, [40], { shuffleBuffer });
        expect(await trainer.train(stream, { maxSteps: 5, epochs: 1 })).toMatchObject({
          steps: 5,
          isDone: true,
        });
        expect(await trainer.train(stream, { epochs: 1 })).toMatchObject({ steps: 0, isDone: true });
        // It takes a dataset again at once.
        expect(await trainer.train(createBytes(), { maxSteps: 1 })).toMatchObject({ steps: 1 });
      },
    );

    it("that was aborted after its last step goes on with the next epoch", async ({ expect }) => {
      const dataset = { ...createBytes(), numExamples: 40 };
      const trainer = await create();
      const stream = streamOf(dataset, [8]);
      const controller = new AbortController();
      const onStep = ({ step }: { step: number }): void => {
        if (step === 5) controller.abort();
      };
      const aborted = trainer.fit(stream, { epochs: 1, onStep, signal: controller.signal });
      await expect(aborted[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: "AbortError" });
      const epochs = [];
      for await (const { epoch, loss } of trainer.fit(stream, { epochs: 1 })) epochs.push([epoch, loss > 0]);
      expect(epochs).toEqual([[2, true]]);
    });

    it("is shuffled within its buffer, by seed and epoch, every example once", async ({ expect }) => {
      // One weight and one bias without influence: a step's loss is the square of its target.
      const one = sequential({ input: [1] }, [dense(1)]);
      async function visits(seed: number, shuffleBuffer: number): Promise<number[][]> {
        const trainer = await createTrainer(one, {
          loss: "meanSquaredError",
          rule: backprop(),
          optimizer: sgd({ learningRate: 1e-9 }),
          batchSize: 1,
          seed,
          params: Float32Array.of(0, 0),
        });
        const stream = streamExamples(
          async function* () {
            for (let i = 0; i < 40; i += 8) {
              const targets = Float32Array.from({ length: 8 }, (_, k) => i + k);
              yield { inputs: new Float32Array(8), targets };
            }
          },
          { inputSize: 1, shuffleBuffer },
        );
        const found: number[][] = [[], []];
        const onStep = ({ epoch, loss }: { epoch: number; loss: number }): void => {
          found[epoch - 1]?.push(Math.round(Math.sqrt(loss)));
        };
        for await (const _ of trainer.fit(stream, { epochs: 2, onStep }));
        return found;
      }
      const inOrder = Array.from({ length: 40 }, (_, i) => i);
      expect(await visits(1, 0)).toEqual([inOrder, inOrder]);
      const [first = [], second = []] = await visits(1, 10);
      for (const order of [first, second]) {
        expect(order.toSorted((a, b) => a - b)).toEqual(inOrder);
        expect(order).not.toEqual(inOrder);
        // The i-th that comes out has come in by the time the buffer is full for the i-th time.
        for (const [place, example] of order.entries()) expect(example).toBeLessThan(place + 10);
      }
      expect(second).not.toEqual(first);
      expect(await visits(1, 10)).toEqual([first, second]);
      expect((await visits(2, 10))[0]).not.toEqual(first);
    });

    it("is asked for a chunk only when it is needed, and closed by whoever leaves", async ({ expect }) => {
      const tap: Tap = { opened: 0, closed: 0, chunks: 0 };
      const stream = streamOf(createBytes(), [9], { tap });
      const trainer = await create();
      const seen: number[] = [];
      const fit = trainer.fit(stream, { epochs: 3, onStep: () => void seen.push(tap.chunks) });
      for await (const { epoch } of fit) if (epoch === 1) break;
      // 8 of 9, 16 of 18, ... 40 of 45, 45 of 45.
      expect(seen).toEqual([1, 2, 3, 4, 5, 5]);
      expect(tap).toEqual({ opened: 1, closed: 1, chunks: 5 });
      await trainer.train(stream, { maxSteps: 1 });
      expect(tap).toEqual({ opened: 2, closed: 2, chunks: 6 });
      const controller = new AbortController();
      const { signal } = controller;
      const aborted = trainer.fit(stream, { epochs: 1, signal, onStep: () => controller.abort() });
      await expect(aborted[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: "AbortError" });
      expect(tap).toMatchObject({ opened: 3, closed: 3 });
      await trainer.evaluate(stream);
      expect(tap).toMatchObject({ opened: 4, closed: 4 });
    });

    it("that fails passes its error on, and is closed", async ({ expect }) => {
      const cause = new Error("the network is gone");
      const failing = streamExamples(
        async function* () {
          yield chunkOf(createBytes(), 0, 8);
          throw cause;
        },
        { inputSize: 6 },
      );
      const trainer = await create();
      await expect(trainer.train(failing, { epochs: 1 })).rejects.toBe(cause);
      await expect(trainer.evaluate(failing)).rejects.toBe(cause);
    });

    const wrong: readonly [string, readonly ExampleChunk[], RegExp][] = [
      ["without examples", [chunkOf(createBytes(), 0, 0)], /the stream has no examples/],
      [
        "of broken examples",
        [{ inputs: new Uint8Array(7), targets: new Uint8Array(1) }],
        /7 input values are not a multiple of inputSize 6/,
      ],
      [
        "of chunks that are not alike",
        [chunkOf(createBytes(), 0, 1), { inputs: new Float32Array(6), targets: new Uint8Array(1) }],
        /a chunk has Float32Array inputs of inputScale 1 .* the first one had Uint8Array/,
      ],
      [
        "of another inputSize",
        [{ inputs: new Uint8Array(8), targets: new Uint8Array(1), inputSize: 8 }],
        /inputSize of 8; the stream was made for 6/,
      ],
      [
        "of another kind of targets",
        [{ inputs: new Uint8Array(6), targets: new Float32Array(3) }],
        /takes class indices/,
      ],
    ];
    it.for(wrong)("%s is refused", async ([, chunks, message], { expect }) => {
      const stream = streamExamples(
        async function* () {
          yield* chunks;
        },
        { inputSize: 6 },
      );
      const trainer = await create();
      const error = { code: "bad-shape", message: expect.stringMatching(message) };
      await expect(trainer.train(stream, { epochs: 1 })).rejects.toMatchObject(error);
      await expect(trainer.evaluate(stream)).rejects.toMatchObject(error);
    });

    it("does not go on where a dataset has begun an epoch, nor the other way round", async ({ expect }) => {
      const stream = streamOf(createBytes(), [45]);
      const [a, b, c] = await Promise.all([create(), create(), create()]);
      await a.train(createBytes(), { maxSteps: 1 });
      await expect(a.train(stream, { maxSteps: 1 })).rejects.toMatchObject({
        message: expect.stringMatching(/has 45 examples, a stream has come; finish it first/),
      });
      await b.train(stream, { maxSteps: 1 });
      await expect(b.train(createBytes(), { maxSteps: 1 })).rejects.toMatchObject({
        message: expect.stringMatching(/is of a stream, the dataset 45; finish it first/),
      });
      await c.train(stream, { maxSteps: 3 });
      const shorter = streamOf({ ...createBytes(), numExamples: 20 }, [45]);
      await expect(c.train(shorter, { maxSteps: 1 })).rejects.toMatchObject({
        code: "bad-shape",
        message: expect.stringMatching(
          /the stream has 20 examples and the epoch in progress has seen 24; expected the same stream/,
        ),
      });
    });

    it.for([
      ["a source that is no function", () => streamExamples([] as never, { inputSize: 6 })],
      ["no inputSize", () => streamExamples(async function* () {}, { inputSize: 0 })],
      ["a negative buffer", () => streamExamples(async function* () {}, { inputSize: 6, shuffleBuffer: -1 })],
    ] as const)("is not made with %s", ([, make], { expect }) => {
      expect(make).toThrow(expect.objectContaining({ code: "bad-option" }));
    });
  });
}
