/** A network and how it is trained, as JSON: the programs of bench/programs/against build it by the public API. */
export interface AgainstCase {
  readonly name: string;
  /** The shape of one example. */
  readonly input: readonly number[];
  readonly layers: readonly AgainstLayer[];
  readonly batchSize: number;
  readonly rule: RuleName;
  readonly optimizer: OptimizerName;
}

export type AgainstLayer =
  | { readonly type: "dense"; readonly units: number; readonly activation: "relu" | "tanh" | "linear" }
  | { readonly type: "conv2d"; readonly filters: number; readonly kernelSize: number }
  | { readonly type: "maxPool2d"; readonly size: number }
  | { readonly type: "flatten" };

const ruleNames = ["backprop", "exact", "cg3"] as const;
export type RuleName = (typeof ruleNames)[number];
const optimizerNames = ["sgd", "adam"] as const;
type OptimizerName = (typeof optimizerNames)[number];

/** The two builds of the kernels: with `deterministic: true` and with false. */
export const kernelsNames = ["simd", "relaxed-simd"] as const;
export type KernelsName = (typeof kernelsNames)[number];

type Network = Pick<AgainstCase, "name" | "input" | "layers">;

function mlp(sizes: readonly number[], activation: "relu" | "tanh" = "relu"): Network {
  const [inputs = 1, ...units] = sizes;
  return {
    name: sizes.join("-"),
    input: [inputs],
    layers: units.map((count, index) => ({
      type: "dense",
      units: count,
      activation: index < units.length - 1 ? activation : "linear",
    })),
  };
}

const smallConvnet: Network = {
  name: "convnet-8x8",
  input: [8, 8, 2],
  layers: [
    { type: "conv2d", filters: 3, kernelSize: 3 },
    { type: "maxPool2d", size: 2 },
    { type: "flatten" },
    { type: "dense", units: 4, activation: "linear" },
  ],
};

/** Batches on either side of the layers' widths: the exact step solves on the smaller side. */
const smallNetworks: readonly (Network & { readonly batchSize: number })[] = [
  { ...mlp([9, 7, 3]), batchSize: 1 },
  { ...mlp([33, 17, 5], "tanh"), batchSize: 4 },
  { ...mlp([9, 7, 3]), batchSize: 32 },
  { ...smallConvnet, batchSize: 3 },
];

/** What both sides must give the same bytes for: small networks by rules by optimizers. */
export const byteCases: readonly AgainstCase[] = smallNetworks.flatMap((network) =>
  ruleNames.flatMap((rule) =>
    optimizerNames.map((optimizer) => ({
      ...network,
      name: `${network.name} b${network.batchSize} ${rule} ${optimizer}`,
      rule,
      optimizer,
    })),
  ),
);

/** The last one is the MLP of Frerix et al. (ICLR 2018): about a second per step. */
const stepNetworks: readonly (readonly [sizes: readonly number[], batchSize: number])[] = [
  [[784, 256, 128, 10], 32],
  [[784, 128, 10], 16],
  [[784, 128, 10], 1],
  [[64, 32, 4], 8],
  [[3072, 4000, 1000, 4000, 10], 500],
];

export const stepCases: readonly AgainstCase[] = stepNetworks.map(([sizes, batchSize]) => ({
  ...mlp(sizes),
  name: `${sizes.join("-")} b${batchSize}`,
  batchSize,
  rule: "backprop",
  optimizer: "sgd",
}));

export const proxCases: readonly AgainstCase[] = [8, 32, 128].map((batchSize) => ({
  ...mlp([784, 256, 128, 10]),
  name: `784-256-128-10 b${batchSize} exact`,
  batchSize,
  rule: "exact",
  optimizer: "sgd",
}));
