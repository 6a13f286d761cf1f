/**
 * Finds the elements of a JSON array in a text. Checks brackets and strings only: the parser of an
 * element checks whether it is JSON.
 *
 * @module
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** Moves through the elements of a JSON array. */
export class ListScanner {
  /** The text of the current element, with the white space around it. */
  element = "";
  readonly #text: string;
  #offset: number;
  #state: "first" | "next" | "closed" | "done" = "first";

  /**
   * Starts before the first element.
   *
   * @throws {SyntaxError} if the text does not start with a bracket
   */
  constructor(text: string) {
    this.#text = text;
    // Some writers start with a byte order mark.
    this.#offset = skipSpace(text, text.charCodeAt(0) === 0xfeff ? 1 : 0);
    if (text[this.#offset] !== "[") throw new SyntaxError("not a JSON array");
    this.#offset++;
  }

  /**
   * Moves to the next element. Returns `false` after the last.
   *
   * @throws {SyntaxError} if the array is malformed
   */
  next(): boolean {
    if (this.#state === "done") return false;
    // Checked only now: text after the array must not make the last element an error.
    if (this.#state === "closed") return this.#end(this.#offset);
    const text = this.#text;
    if (this.#state === "first") {
      const offset = skipSpace(text, this.#offset);
      if (text[offset] === "]") return this.#end(offset);
    }
    const start = this.#offset;
    const end = endOfElement(text, start);
    this.element = text.slice(start, end);
    if (text.charCodeAt(end) === COMMA) {
      this.#offset = end + 1;
      this.#state = "next";
    } else {
      this.#offset = end;
      this.#state = "closed";
    }
    return true;
  }

  /** Checks that nothing follows the bracket at this offset. */
  #end(bracket: number): false {
    this.#state = "done";
    if (skipSpace(this.#text, bracket + 1) < this.#text.length) {
      throw new SyntaxError("there is something behind the JSON array");
    }
    return false;
  }
}

function skipSpace(text: string, offset: number): number {
  while (" \t\n\r".includes(text[offset] ?? "x")) offset++;
  return offset;
}

/** The offset of the comma or bracket after an element. */
function endOfElement(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth++;
        break;
      case COMMA:
        if (depth === 0) return i;
        break;
      case 0x5d: // ]
        if (depth === 0) return i;
        depth--;
        break;
      case 0x7d: // }
        if (depth-- === 0) throw new SyntaxError("a brace closes nothing");
    }
  }
  throw new SyntaxError("the JSON array is cut off");
}

/**
 * The offset of the quote that ends the string at `start`, or the end of the text if there is none.
 */
function endOfString(text: string, start: number): number {
  // Jumping from quote to quote is several times faster than looking at each character.
  for (let quote = start;;) {
    quote = text.indexOf('"', quote + 1);
    if (quote === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) {
      backslashes++;
    }
    if (backslashes % 2 === 0) return quote;
  }
}
