/** `npm run bench -- <name> [--json]`: measures, never asserts; every benchmark checks correctness before it measures. */
const names = ["exchange", "federated"] as const;

const [name, ...args] = process.argv.slice(2);
const found = names.find((candidate) => candidate === name);
if (found === undefined) {
  process.stderr.write(`bench: expected one of ${names.join(", ")}; got ${name ?? "nothing"}\n`);
  process.exit(1);
}
const { run } = (await import(`./${found}.ts`)) as { run: (args: readonly string[]) => Promise<void> };
await run(args);
