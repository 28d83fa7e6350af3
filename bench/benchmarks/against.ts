import { Argument, Option } from "commander";
import { checkOut, resolveCommit } from "../against/checkout.ts";
import type { Checkout } from "../against/checkout.ts";
import { byteCases, proxCases, stepCases } from "../against/cases.ts";
import { toLine } from "../against/result.ts";
import type { Result } from "../against/result.ts";
import { findMismatches } from "../against/same-bytes.ts";
import { buildPrograms, treesOf } from "../against/sides.ts";
import type { Programs } from "../against/sides.ts";
import { timeColdstarts } from "../against/time-coldstarts.ts";
import { timeEmbedded } from "../against/time-embedded.ts";
import { timeSteps } from "../against/time-steps.ts";
import { runNpm } from "../command/install.ts";
import { describeMachine } from "../command/machine.ts";
import { benchCommand, positiveInteger } from "../command/options.ts";
import { progress } from "../command/report.ts";
import { ownCheckout } from "../runtimes/bundle.ts";

const subjects = ["step", "prox", "coldstart", "embedded"] as const;
type Subject = (typeof subjects)[number];

interface Options {
  readonly runs: number;
  readonly json?: true;
}

/** The working tree held against a commit: the same bytes first, then the times of both in alternation. */
export async function run(args: readonly string[]): Promise<void> {
  const command = benchCommand({
    name: "against",
    description:
      "Holds the working tree, uncommitted changes included, against a commit: the same bytes, then the time of both in one run.",
    options: [
      new Option("--runs <n>", "fresh processes of each side per case").default(3).argParser(positiveInteger),
    ],
  })
    .addArgument(new Argument("<commit>", "the old side"))
    .addArgument(new Argument("<subject>", "what is timed").choices(subjects));
  command.parse(args, { from: "user" });
  const [name, subject] = command.processedArgs as [string, Subject];
  const { runs, json = false } = command.opts<Options>();
  const commit = await resolveCommit(ownCheckout, name);
  if (commit === undefined) return command.error(`error: ${name} is no commit of this repository`);

  await runNpm(["run", "--silent", "build:kernels"], ownCheckout);
  const checkout = await checkOut(ownCheckout, commit);
  try {
    const programs = await buildPrograms(treesOf(checkout), checkout.folder);
    const mismatches = await findMismatches(programs, byteCases);
    for (const mismatch of mismatches)
      progress(`${mismatch.name}: other params, old ${mismatch.old}, new ${mismatch.new}`);
    const results: Result[] = [];
    if (mismatches.length > 0) {
      progress(
        `bench against: ${mismatches.length} of ${byteCases.length} cases give other bytes than ${name}; nothing is timed`,
      );
      process.exitCode = 1;
    } else {
      progress(`the same bytes as ${name} in ${byteCases.length} cases; now the times, new / old`);
      const onResult = (result: Result): void => {
        progress(toLine(result));
        results.push(result);
      };
      await time(subject, { checkout, programs, runs, onResult });
    }
    const document = {
      bench: "against",
      subject,
      commit,
      machine: describeMachine(false),
      runs,
      mismatches,
      results,
    };
    if (json) process.stdout.write(`${JSON.stringify(document)}\n`);
  } finally {
    checkout.remove();
  }
}

interface TimeOptions {
  readonly checkout: Checkout;
  readonly programs: Programs;
  readonly runs: number;
  readonly onResult: (result: Result) => void;
}

function time(subject: Subject, { checkout, programs, ...report }: TimeOptions): Promise<void> {
  switch (subject) {
    case "step":
      return timeSteps(programs, stepCases, report);
    case "prox":
      return timeSteps(programs, proxCases, report);
    case "coldstart":
      return timeColdstarts(treesOf(checkout), report);
    case "embedded":
      return timeEmbedded(treesOf(checkout), { ...report, folder: checkout.folder });
    default:
      return subject satisfies never;
  }
}
