import {
  adam,
  applyNormalization,
  batchNorm,
  conv2d,
  cosineSchedule,
  createTrainer,
  dense,
  depthwiseConv2d,
  embedding,
  flatten,
  huber,
  idxDataset,
  maxPool2d,
  oneHot,
  paramsLayout,
  planMemory,
  proxProp,
  restoreTrainer,
  selectExamples,
  sequential,
  sgd,
  softmaxCrossEntropy,
  splitDataset,
  standardize,
  streamExamples,
  summarize,
  toDataset,
} from "edgeprop";
import type { FitOptions, ResumableTrainer } from "edgeprop";
import { describe, it } from "vitest";

/** What plain JavaScript may hand over where the types say otherwise. */
const wrong = (value: unknown): never => value as never;

const model = sequential({ input: [2] }, [dense(3)]);
const options = {
  loss: "softmaxCrossEntropy",
  rule: proxProp({ tau: 1 }),
  optimizer: sgd({ learningRate: 0.1 }),
  batchSize: 4,
} as const;
const parts = { inputs: Float32Array.of(0, 1, 1, 0), targets: Int32Array.of(0, 2), inputSize: 2 };
const dataset = toDataset(parts);
const batch = { inputs: parts.inputs, targets: parts.targets };

async function fitAll(trainer: ResumableTrainer, fitOptions: FitOptions): Promise<void> {
  for await (const _ of trainer.fit(dataset, fitOptions)) continue;
}

function streamOf(given: unknown): ReturnType<typeof streamExamples> {
  return streamExamples(() => wrong(given), { inputSize: 2 });
}

describe("a misspelt or unknown option is refused by name", () => {
  const builders: readonly [string, () => unknown, RegExp][] = [
    [
      "dense",
      () => sequential({ input: [2] }, [dense(3, wrong({ activtion: "relu" }))]),
      /layers\[0\]\.activtion is not a known field; expected one of "type"/,
    ],
    [
      "batchNorm",
      () => sequential({ input: [2] }, [batchNorm(wrong({ eps: 1 }))]),
      /layers\[0\]\.eps is not/,
    ],
    [
      "embedding",
      () => sequential({ input: [2] }, [embedding(3, wrong({ vocabulary: 4 }))]),
      /layers\[0\]\.vocabulary is not/,
    ],
    [
      "conv2d",
      () => sequential({ input: [4, 4, 1] }, [conv2d(3, wrong({ kernelSize: 3, strides: 2 }))]),
      /layers\[0\]\.strides is not/,
    ],
    [
      "conv2d's dilation",
      () => sequential({ input: [4, 4, 1] }, [conv2d(3, wrong({ kernelSize: 3, dilation: 2 }))]),
      /layers\[0\]\.dilation is 2; dilated convolutions are not supported/,
    ],
    [
      "depthwiseConv2d",
      () => sequential({ input: [4, 4, 1] }, [depthwiseConv2d(wrong({ kernelSize: 3, multiplier: 2 }))]),
      /layers\[0\]\.multiplier is 2/,
    ],
    [
      "sequential",
      () => sequential(wrong({ inputs: [2] }), [dense(3)]),
      /sequential\.inputs is not a known field/,
    ],
    [
      "adam",
      () => adam(wrong({ lr: 1 })),
      /optimizer\.lr is not a known field; expected one of "name", "learningRate"/,
    ],
    ["proxProp", () => proxProp(wrong({ tau: 1, solver: "cg" })), /solver is not a known field/],
    ["cosineSchedule", () => cosineSchedule(wrong({ steps: 3, warmup: 3 })), /schedule\.warmup is not/],
    ["huber", () => huber(wrong({ detla: 1 })), /loss\.detla is not/],
    ["softmaxCrossEntropy", () => softmaxCrossEntropy(wrong({ smoothing: 0.1 })), /loss\.smoothing is not/],
    ["toDataset", () => toDataset(wrong({ ...parts, weight: 1 })), /toDataset\.weight is not/],
    ["splitDataset", () => splitDataset(dataset, wrong({ part: 0.1 })), /splitDataset\.part is not/],
    ["idxDataset", () => idxDataset(wrong({ image: 0 })), /idxDataset\.image is not/],
    [
      "streamExamples",
      () => streamExamples(wrong(fitAll), wrong({ inputSize: 2, shuffle: 3 })),
      /streamExamples\.shuffle is not/,
    ],
  ];
  it.for(builders)("by %s", ([, build, message], { expect }) => {
    expect(build).toThrow(
      expect.objectContaining({ name: "EdgepropError", message: expect.stringMatching(message) }),
    );
  });

  const calls: readonly [string, (trainer: ResumableTrainer) => Promise<unknown>, RegExp][] = [
    [
      "createTrainer",
      () => createTrainer(model, wrong({ ...options, clipnorm: 1 })),
      /createTrainer\.clipnorm is not a known field; expected one of "loss", "batchSize"/,
    ],
    [
      "an optimizer as JSON",
      () => createTrainer(model, { ...options, optimizer: wrong({ ...adam(), lr: 1 }) }),
      /optimizer\.lr is not/,
    ],
    ["train", (trainer) => trainer.train(dataset, wrong({ maxSteps: 1, epoch: 2 })), /train\.epoch is not/],
    ["fit", (trainer) => fitAll(trainer, wrong({ epochs: 1, earlyStop: 2 })), /fit\.earlyStop is not/],
    [
      "earlyStopping",
      (trainer) =>
        fitAll(trainer, { epochs: 1, validation: dataset, earlyStopping: wrong({ patience: 1, delta: 1 }) }),
      /earlyStopping\.delta is not/,
    ],
    ["evaluate", (trainer) => trainer.evaluate(dataset, wrong({ topk: [1] })), /evaluate\.topk is not/],
    ["predict", (trainer) => trainer.predict(parts.inputs, wrong({ scale: 1 })), /predict\.scale is not/],
    [
      "a batch",
      (trainer) => trainer.step(wrong({ ...batch, weight: Float32Array.of(1, 1) })),
      /batch\.weight is not/,
    ],
    [
      "restoreTrainer",
      async (trainer) => restoreTrainer(await trainer.checkpoint(), wrong({ rules: 1 })),
      /restoreTrainer\.rules is not/,
    ],
  ];
  it.for(calls)("by %s", async ([, call, message], { expect }) => {
    const trainer = await createTrainer(model, options);
    await expect(call(trainer)).rejects.toMatchObject({
      name: "EdgepropError",
      code: "bad-option",
      message: expect.stringMatching(message),
    });
  });
});

describe("what is of another type is refused, and the trainer stays as it was", () => {
  const calls: readonly [string, (trainer: ResumableTrainer) => Promise<unknown>, RegExp][] = [
    [
      "no options",
      () => createTrainer(model, wrong(undefined)),
      /what createTrainer is given is missing; expected an object/,
    ],
    [
      "a bigint within an optimizer",
      () => createTrainer(model, { ...options, optimizer: wrong({ name: "sgd", learningRate: 1n }) }),
      /^optimizer\.learningRate is 1; expected a finite number above 0/,
    ],
    [
      "deterministic in words",
      () => createTrainer(model, { ...options, deterministic: wrong("false") }),
      /deterministic is "false"; expected true or false/,
    ],
    ["no options of a plan", async () => planMemory(model, wrong(null)), /what planMemory is given is null/],
    [
      "a plan without a rule",
      async () => planMemory(model, wrong({ ...options, rule: undefined })),
      /rule is missing/,
    ],
    [
      "no dataset to standardize",
      async () => standardize(wrong(null)),
      /the dataset is null; expected an object/,
    ],
    [
      "no normalization",
      async () => applyNormalization(dataset, wrong(undefined)),
      /the normalization is missing/,
    ],
    ["no batch", (trainer) => trainer.step(wrong(null)), /what batch is given is null/],
    [
      "Float64Array inputs",
      (trainer) => trainer.step({ ...batch, inputs: wrong(new Float64Array(4)) }),
      /inputs are of type Float64Array; expected Float32Array or Uint8Array/,
    ],
    [
      "a list of inputs",
      (trainer) => trainer.step({ ...batch, inputs: wrong([0, 1, 1, 0]) }),
      /inputs are of type Array/,
    ],
    [
      "a list of targets",
      (trainer) => trainer.direction({ ...batch, targets: wrong([0, 1]) }),
      /targets are of type Array; expected Int32Array or Uint8Array/,
    ],
    [
      "fractions as class indices",
      (trainer) => trainer.step({ ...batch, targets: wrong(Float64Array.of(0.9, 1.7)) }),
      /targets are of type Float64Array/,
    ],
    ["no inputs", (trainer) => trainer.predict(wrong(undefined)), /inputs are of type Undefined/],
    [
      "a dataset without targets",
      (trainer) => trainer.evaluate(wrong({ ...dataset, targets: undefined })),
      /targets are of type Undefined/,
    ],
    [
      "params as a list",
      (trainer) => trainer.setParams(wrong([1])),
      /params are of type Array; expected a Float32Array of 9/,
    ],
    ["params of null", (trainer) => trainer.getDelta(wrong(null)), /params are of type Null/],
    ["no limits", (trainer) => trainer.train(dataset, wrong(undefined)), /what train is given is missing/],
    ["no fit options", (trainer) => fitAll(trainer, wrong(undefined)), /what fit is given is missing/],
    [
      "an onStep that is no function",
      (trainer) => fitAll(trainer, { epochs: 1, onStep: wrong("x") }),
      /onStep is "x"; expected a function/,
    ],
    [
      "a signal that is none",
      (trainer) => fitAll(trainer, { epochs: 1, signal: wrong({}) }),
      /signal is {}; expected an AbortSignal/,
    ],
    [
      "a source that gives nothing",
      (trainer) => trainer.train(streamOf(undefined), { maxSteps: 1 }),
      /what the source gives is missing; expected an object/,
    ],
    [
      "a chunk that is none",
      (trainer) => trainer.train(streamOf([null]), { maxSteps: 1 }),
      /a chunk is null; expected an object/,
    ],
    [
      "IDX in an ArrayBuffer",
      async () => idxDataset({ images: wrong(new ArrayBuffer(8)), labels: wrong(null) }),
      /of type ArrayBuffer; expected a Uint8Array \(of an ArrayBuffer: new Uint8Array\(buffer\)\)/,
    ],
    [
      "a checkpoint in an ArrayBuffer",
      () => restoreTrainer(wrong(new ArrayBuffer(8))),
      /of type ArrayBuffer; expected a Uint8Array/,
    ],
  ];
  it.for(calls)("%s", async ([, call, message], { expect }) => {
    const [trainer, other] = await Promise.all([
      createTrainer(model, options),
      createTrainer(model, options),
    ]);
    await expect(call(trainer)).rejects.toMatchObject({
      name: "EdgepropError",
      message: expect.stringMatching(message),
    });
    await Promise.all([trainer, other].map((each) => each.train(dataset, { maxSteps: 2 })));
    expect(await trainer.checkpoint()).toEqual(await other.checkpoint());
  });
});

it("a model as JSON may leave out what has a default", async ({ expect }) => {
  const images = {
    input: [4, 4, 1],
    layers: [
      { type: "conv2d", filters: 2, kernelSize: 3 },
      { type: "maxPool2d" },
      { type: "flatten" },
      { type: "dense", units: 3 },
    ],
  };
  const whole = sequential({ input: [4, 4, 1] }, [
    conv2d(2, { kernelSize: 3 }),
    maxPool2d(),
    flatten(),
    dense(3),
  ]);
  const [short, long] = await Promise.all([
    createTrainer(wrong(images), options),
    createTrainer(whole, options),
  ]);
  expect(await short.getParams()).toEqual(await long.getParams());
  expect(short.model).toEqual(whole);
  expect(planMemory(wrong(images), options)).toEqual(planMemory(whole, options));
});

describe("helpers that are handed something else", () => {
  it.for([
    ["oneHot of nothing", () => oneHot(wrong(null), 3), /labels is null; expected an object/],
    ["oneHot of a symbol", () => oneHot(wrong([Symbol("x")]), 3), /label 0 is Symbol\(x\)/],
    ["selectExamples of nothing", () => selectExamples(wrong(undefined), [0]), /dataset is missing/],
    ["selectExamples without indices", () => selectExamples(dataset, wrong(3)), /indices is 3; expected/],
    ["selectExamples past the end", () => selectExamples(dataset, [1, 2]), /index 1 is 2; .* \[0, 2\)/],
    ["selectExamples of half an index", () => selectExamples(dataset, [0.5]), /index 0 is 0.5/],
    ["paramsLayout of nothing", () => paramsLayout(wrong(null)), /the model is null; expected an object/],
    ["summarize of a list", () => summarize(wrong([])), /^the model is \[\]; expected an object/],
  ] as const)("says so: %s", ([, call, message], { expect }) => {
    expect(call).toThrow(expect.objectContaining({ name: "EdgepropError" }));
    expect(call).toThrow(message);
  });
});
