import binaryen from "binaryen";

/** A loop that contains no other loop, as the instructions in it. */
export type InnermostLoop = ReadonlyMap<string, number>;

type Expression = string | Expression[];

/** How often each instruction stands in each innermost loop of a wasm module. */
export function innermostLoops(wasm: Uint8Array): InnermostLoop[] {
  const text = binaryen.readBinaryWithFeatures(wasm, binaryen.Features.All).emitText();
  const loops: InnermostLoop[] = [];
  collect(parse(text), loops);
  return loops;
}

/** True when the expression contains a loop. */
function collect(expression: Expression, loops: InnermostLoop[]): boolean {
  if (typeof expression === "string") return false;
  const hasInner = expression.map((part) => collect(part, loops)).some((found) => found);
  if (expression[0] !== "loop") return hasInner;
  if (!hasInner) loops.push(count(expression, new Map()));
  return true;
}

function count(expression: Expression, counts: Map<string, number>): Map<string, number> {
  if (typeof expression === "string") return counts;
  const [name, ...parts] = expression;
  if (typeof name === "string") counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const part of parts) count(part, counts);
  return counts;
}

function parse(text: string): Expression {
  const root: Expression[] = [];
  const open: Expression[][] = [root];
  // A string, a bracket, or a word; comments are left out.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|;;[^\n]*|\(;.*?;\)|[()]|[^\s()"]+/gs)) {
    if (token.startsWith(";;") || token.startsWith("(;")) continue;
    if (token === "(") {
      const list: Expression[] = [];
      open.at(-1)?.push(list);
      open.push(list);
    } else if (token === ")") open.pop();
    else open.at(-1)?.push(token);
  }
  return root;
}
