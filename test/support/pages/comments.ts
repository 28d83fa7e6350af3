/** One comment of a source file; neighbouring `//` lines are one comment. */
export interface Comment {
  /** From 1. */
  readonly line: number;
  /** Without `//`, `/**` and leading stars; lines keep their breaks. */
  readonly text: string;
  readonly isDoc: boolean;
  /** What comes after it in the file, in which the declaration that it documents stands. */
  readonly after: string;
}

/** What may stand before a `/` that begins a regular expression; after a value it divides. */
const beforeRegex = /(^|[(,=:[!&|?{};+\-*%~^<>]|\b(return|typeof|case|in|of|do|else|void|await|yield))$/;

/** The comments of TypeScript: strings, templates and regular expressions are passed over. */
export function commentsOf(source: string): Comment[] {
  const comments: Comment[] = [];
  /** For each template that is open around this place, how many braces are open within its `${`. */
  const templates: number[] = [];
  let line = 1;
  let lastLine = 0;
  for (let at = 0; at < source.length;) {
    const end = endOfToken(source, at, templates);
    const token = source.slice(at, end);
    if (token.startsWith("//")) {
      const previous = comments.at(-1);
      const isAlone = /(^|\n)[ \t]*$/.test(source.slice(0, at));
      if (isAlone && previous !== undefined && !previous.isDoc && lastLine === line - 1)
        comments[comments.length - 1] = { ...previous, text: `${previous.text}\n${strip(token)}` };
      else comments.push({ line, text: strip(token), isDoc: false, after: "" });
      lastLine = line;
    } else if (token.startsWith("/*")) {
      const isDoc = token.startsWith("/**");
      comments.push({ line, text: strip(token), isDoc, after: source.slice(end) });
    }
    line += token.split("\n").length - 1;
    at = end;
  }
  return comments;
}

function endOfToken(source: string, at: number, templates: number[]): number {
  const begin = source.slice(at, at + 2);
  const first = source.charAt(at);
  if (begin === "//") return indexOrEnd(source, source.indexOf("\n", at));
  if (begin === "/*") return indexOrEnd(source, source.indexOf("*/", at + 2)) + 2;
  if (first === '"' || first === "'") return endOfQuoted(source, at + 1, first);
  if (first === "/" && beforeRegex.test(source.slice(Math.max(0, at - 200), at).trimEnd()))
    return endOfRegex(source, at + 1);
  if (first === "`") return endOfTemplate(source, at + 1, templates);
  const open = templates.at(-1);
  if (open === undefined || (first !== "{" && first !== "}")) return at + 1;
  if (first === "}" && open === 0) {
    templates.pop();
    return endOfTemplate(source, at + 1, templates);
  }
  templates[templates.length - 1] = open + (first === "{" ? 1 : -1);
  return at + 1;
}

/** Behind the template's end, or behind its next `${`, which is opened. */
function endOfTemplate(source: string, at: number, templates: number[]): number {
  for (let i = at; i < source.length; i++) {
    if (source.charAt(i) === "\\") i += 1;
    else if (source.charAt(i) === "`") return i + 1;
    else if (source.startsWith("${", i)) {
      templates.push(0);
      return i + 2;
    }
  }
  return source.length;
}

function endOfQuoted(source: string, at: number, quote: string): number {
  for (let i = at; i < source.length; i++) {
    if (source.charAt(i) === "\\") i += 1;
    else if (source.charAt(i) === quote) return i + 1;
  }
  return source.length;
}

function endOfRegex(source: string, at: number): number {
  let isInClass = false;
  for (let i = at; i < source.length; i++) {
    const char = source.charAt(i);
    if (char === "\\") i += 1;
    else if (char === "[") isInClass = true;
    else if (char === "]") isInClass = false;
    else if ((char === "/" && !isInClass) || char === "\n") return i + 1;
  }
  return source.length;
}

function indexOrEnd(source: string, index: number): number {
  return index === -1 ? source.length : index;
}

function strip(comment: string): string {
  return comment
    .replace(/^\/\*+|\*+\/$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*(\/\/|\* ?)/, "").trimEnd())
    .join("\n")
    .trim();
}
