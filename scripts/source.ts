/**
 * Just enough of a TypeScript reader to find imports and forbidden words: no parser to install, and it works on text
 * that was never saved.
 *
 * @module
 */

/** One module specifier in a source text. */
export interface ImportReference {
  /** What stands between the quotes. */
  readonly specifier: string;
  /** The line it stands on, from 1. */
  readonly line: number;
  /** Whether only types are imported. */
  readonly typeOnly: boolean;
  /** Whether it is `import(…)`: evaluated when the call is reached, not when the module loads. */
  readonly dynamic: boolean;
}

/** The line, from 1, of an offset. */
export function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let i = source.indexOf("\n"); i >= 0 && i < offset;) {
    line++;
    i = source.indexOf("\n", i + 1);
  }
  return line;
}

/** Every static and dynamic import and re-export of a source, in order. */
export function importsOf(source: string): ImportReference[] {
  const code = blank(source);
  const references: ImportReference[] = [];
  const pattern = /\b(from|import)(\s*\(\s*|\s*)(["'])/g;
  for (let match; (match = pattern.exec(code));) {
    const start = match.index + match[0].length;
    const end = code.indexOf(match[3]!, start);
    if (end < 0) break;
    const isCall = match[2]!.includes("(");
    if (match[1] === "from" && isCall) continue; // Array.from("…")
    references.push({
      specifier: source.slice(start, end),
      line: lineAt(source, start),
      typeOnly: match[1] === "from" && isTypeOnly(code, match.index),
      dynamic: isCall,
    });
    pattern.lastIndex = end + 1;
  }
  return references;
}

/** Whether the statement that ends in this `from` brings in types alone. */
function isTypeOnly(code: string, from: number): boolean {
  const before = code.slice(0, from);
  const keywords = [...before.matchAll(/\b(?:import|export)\b/g)];
  const start = keywords.at(-1)?.index ?? 0;
  const clause = before.slice(start).replace(/^(import|export)\s*/, "");
  if (/^type\b(?!\s*,)/.test(clause)) return true;
  const names = /^\{([^}]*)\}\s*$/.exec(clause)?.[1]?.split(",")
    .map((name) => name.trim()).filter((name) => name !== "");
  return names !== undefined && names.length > 0 &&
    names.every((name) => /^type\s/.test(name));
}

/**
 * The source with spaces for comments and for what is inside strings, templates and regular expressions. Quotes and line
 * breaks stay, so that every offset is that of the source; code inside `${…}` stays too.
 */
export function blank(source: string): string {
  const out = source.split("");
  const erase = (from: number, to: number) => {
    for (let i = from; i < to && i < out.length; i++) {
      if (out[i] !== "\n") out[i] = " ";
    }
  };
  // What a closing brace ends: a block of code, or a substitution that continues a template.
  const braces: ("block" | "template")[] = [];
  let i = 0;
  const skipTemplate = () => {
    const start = i;
    while (i < source.length && source[i] !== "`") {
      if (source[i] === "\\") i += 2;
      else if (source.startsWith("${", i)) {
        erase(start, i);
        braces.push("template");
        i += 2;
        return;
      } else i++;
    }
    erase(start, i);
    i++;
  };
  while (i < source.length) {
    const char = source[i]!;
    if (source.startsWith("//", i) || source.startsWith("/*", i)) {
      const end = endOfComment(source, i);
      erase(i, end);
      i = end;
    } else if (char === '"' || char === "'") {
      const end = endOfLiteral(source, i, char);
      erase(i + 1, end);
      i = end + 1;
    } else if (char === "/" && startsRegExp(out, i)) {
      const end = endOfLiteral(source, i, "/");
      erase(i + 1, end);
      i = end + 1;
    } else if (char === "`") {
      i++;
      skipTemplate();
    } else {
      i++;
      if (char === "{") braces.push("block");
      else if (char === "}" && braces.pop() === "template") skipTemplate();
    }
  }
  return out.join("");
}

function endOfComment(source: string, start: number): number {
  const isLine = source[start + 1] === "/";
  const end = source.indexOf(isLine ? "\n" : "*/", start + 2);
  return end < 0 ? source.length : isLine ? end : end + 2;
}

/** The offset of the quote or slash that ends what starts at `start`; a line break ends it as well. */
function endOfLiteral(source: string, start: number, close: string): number {
  let inClass = false;
  for (let i = start + 1; i < source.length; i++) {
    const char = source[i]!;
    if (char === "\\") i++;
    else if (char === "\n") return i;
    else if (close === "/" && char === "[") inClass = true;
    else if (close === "/" && char === "]") inClass = false;
    else if (char === close && !inClass) return i;
  }
  return source.length;
}

/** Whether a slash begins a regular expression and does not divide: that depends on what stands before it. */
function startsRegExp(out: readonly string[], slash: number): boolean {
  let i = slash - 1;
  while (i >= 0 && /\s/.test(out[i]!)) i--;
  if (i < 0 || "(,=:[!&|?{};+-*%<>~^".includes(out[i]!)) return true;
  let word = "";
  while (i >= 0 && /[A-Za-z]/.test(out[i]!)) word = out[i--] + word;
  return ["return", "typeof", "case", "in", "of", "await", "yield"]
    .includes(word);
}
