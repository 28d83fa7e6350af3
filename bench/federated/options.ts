import { parseArgs } from "node:util";
import { EdgepropError } from "../../src/errors.ts";

export interface FederatedOptions {
  readonly json: boolean;
  readonly seeds: readonly number[];
  readonly rounds: number;
  readonly alphas: readonly number[];
  /** Training examples, of MNIST's 60,000. */
  readonly samples: number;
}

const wholeTask = { seeds: 5, rounds: 10, alphas: "0.5,0.1", samples: 60_000 };

/** `--json --seeds N --rounds N --alphas A,B --samples N`; the defaults are the whole task. Throws `bad-option`. */
export function parseOptions(args: readonly string[]): FederatedOptions {
  const { values } = readFlags(args);
  const seeds = integer("--seeds", values.seeds ?? wholeTask.seeds, 1, 1_000);
  return {
    json: values.json ?? false,
    seeds: Array.from({ length: seeds }, (_, index) => index + 1),
    rounds: integer("--rounds", values.rounds ?? wholeTask.rounds, 1, 1_000),
    alphas: (values.alphas ?? wholeTask.alphas).split(",").map(positive),
    samples: integer("--samples", values.samples ?? wholeTask.samples, 1_000, wholeTask.samples),
  };
}

function readFlags(args: readonly string[]) {
  const text = { type: "string" } as const;
  const options = {
    json: { type: "boolean" },
    seeds: text,
    rounds: text,
    alphas: text,
    samples: text,
  } as const;
  try {
    return parseArgs({ args: [...args], options });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EdgepropError(
      "bad-option",
      `${reason}; expected --json, --seeds, --rounds, --alphas or --samples`,
      { cause },
    );
  }
}

function integer(name: string, given: string | number, min: number, max: number): number {
  const value = Number(given);
  if (given !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new EdgepropError("bad-option", `${name} is ${given}; expected a whole number from ${min} to ${max}`);
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new EdgepropError("bad-option", `--alphas has "${text}"; expected numbers above 0, such as 0.5,0.1`);
}
