import { createInterface } from "node:readline";

/**
 * The program's side of node-process.ts: answers each line of JSON on standard input by one on standard output. The
 * parameter of `answer` says what the input is.
 */
export async function answerLines(answer: (input: never) => object | Promise<object>): Promise<void> {
  // Libraries greet on the console; standard output is for answers.
  console.log = console.info = console.warn = console.error;
  for await (const line of createInterface({ input: process.stdin })) {
    let reply: object;
    try {
      reply = await answer(JSON.parse(line) as never);
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}
