import { join } from "node:path";
import { EdgepropError } from "../../src/errors.ts";
import { bundle, ownCheckout } from "../runtimes/bundle.ts";
import { startInNode } from "../runtimes/node-process.ts";
import { writeBundle } from "../runtimes/write-bundle.ts";
import type { ProcessProgram } from "../runtimes/node-process.ts";
import type { AgainstRequest } from "../programs/against/process.ts";
import type { Checkout } from "./checkout.ts";
import type { SideName } from "./alternate.ts";

/** Where each side's sources lie. */
export type Trees = Readonly<Record<SideName, string>>;

/** Each side's program, bundled: a file for Node. */
export type Programs = Readonly<Record<SideName, string>>;

export function treesOf(checkout: Checkout): Trees {
  return { old: checkout.tree, new: ownCheckout };
}

/** The same program of bench/programs/against bundled with each side's own "edgeprop". */
export async function buildPrograms(trees: Trees, folder: string): Promise<Programs> {
  const build = async (side: SideName): Promise<string> => {
    const checkout = trees[side];
    const built = await onSide(side, () => bundle("against/process.ts", "node", { checkout }));
    return writeBundle(built, { folder: join(folder, side, "program"), checkout });
  };
  return { old: await build("old"), new: await build("new") };
}

/** Throws `unsupported` where a side lacks what a program of the benchmark imports. */
export async function onSide<T>(side: SideName, build: () => Promise<T>): Promise<T> {
  try {
    return await build();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EdgepropError(
      "unsupported",
      `the ${side} side cannot be bundled with a program of bench/programs; compare with another commit: ${reason}`,
      { cause: error },
    );
  }
}

export function startSide(programs: Programs, side: SideName): ProcessProgram {
  return startInNode(programs[side], { name: side });
}

/** Asks the program of a side; the caller knows what it answers. */
export async function ask<Output>(program: ProcessProgram, request: AgainstRequest): Promise<Output> {
  return (await program.ask(request)) as Output;
}
