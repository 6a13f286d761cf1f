/**
 * Splits the text of a JSON object into its members without parsing their values.
 *
 * @module
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * The text of the value of each member. Of members with the same name the last one counts, as in
 * `JSON.parse`. `undefined` if the text is not that of an object. The values are not checked.
 */
export function membersOf(text: string): Map<string, string> | undefined {
  const members = new Map<string, string>();
  let at = afterSpace(text, 0);
  if (text.charCodeAt(at) !== OPEN_BRACE) return undefined;
  at = afterSpace(text, at + 1);
  if (text.charCodeAt(at) === CLOSE_BRACE) at++;
  else {
    for (;;) {
      if (text.charCodeAt(at) !== QUOTE) return undefined;
      const endOfName = afterString(text, at);
      const name = stringOf(text.slice(at, endOfName));
      at = afterSpace(text, endOfName);
      if (name === undefined || text.charCodeAt(at) !== COLON) return undefined;
      const start = afterSpace(text, at + 1);
      at = endOfValue(text, start);
      members.set(name, text.slice(start, at).trimEnd());
      const end = text.charCodeAt(at);
      if (end === CLOSE_BRACE) break;
      if (end !== COMMA) return undefined;
      at = afterSpace(text, at + 1);
    }
    at++;
  }
  return afterSpace(text, at) === text.length ? members : undefined;
}

/** The text that a JSON string stands for. `undefined` if it is none. */
export function stringOf(json: string | undefined): string | undefined {
  if (json?.charCodeAt(0) !== QUOTE) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Where the next character is that is no white space. */
function afterSpace(text: string, at: number): number {
  for (;; at++) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) {
      return at;
    }
  }
}

/** Where the comma or brace behind a value is, or the end of the text. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = afterString(text, at) - 1;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (depth-- === 0) return at;
        break;
      case COMMA:
        if (depth === 0) return at;
    }
  }
  return text.length;
}

/** Where the text goes on behind the string whose opening quote is at `start`. */
function afterString(text: string, start: number): number {
  for (let from = start + 1;;) {
    const end = text.indexOf('"', from);
    if (end === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    // A quote behind an odd number of backslashes belongs to the string.
    if (backslashes % 2 === 0) return end + 1;
    from = end + 1;
  }
}
