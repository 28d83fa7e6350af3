import { Command, InvalidArgumentError } from "commander";
import type { Option } from "commander";

/** What a benchmark says about itself; every one has `--json` besides. */
export interface BenchCommand {
  readonly name: string;
  readonly description: string;
  readonly options?: readonly Option[];
}

/** A command whose `error` prints the message and the options there are; thrown as CommanderError. */
export function benchCommand({ name, description, options = [] }: BenchCommand): Command {
  const command = new Command(name)
    .description(description)
    .exitOverride()
    .showHelpAfterError()
    .allowExcessArguments(false)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, `bench ${name}: `)) });
  for (const option of options) command.addOption(option);
  return command.option("--json", "the result as one line of JSON, the last on standard output");
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("Expected a positive integer.");
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("Expected a number greater than 0.");
}
