/**
 * Reads files of JSON lines.
 *
 * @module
 */
import { UsageError } from "./options.ts";

/** A value and its line. */
export interface LineValue {
  /** The value. */
  readonly value: unknown;
  /** The line number, from 1. */
  readonly line: number;
}

/** Characters of the longest line: far more than fit into a record, compressed or not. */
const LONGEST_LINE = 16 * 1_048_576;
/** Deeper values overflow the stack of recursive functions, such as those of `JSON`. */
const DEEPEST = 1000;
/** Matches texts with a number that JavaScript may not keep exactly. It keeps any 15 digits. */
const PERHAPS_INEXACT = /\d[eE]|[\d.]{16}|-0/;

/**
 * The values of a file of JSON lines. Blank lines are skipped.
 *
 * @throws {UsageError} if the text is not UTF-8, or if a line is not JSON, is too long or nested too
 * deeply, or contains a number, or two fields of one name, that JavaScript cannot keep
 */
export async function* jsonValues(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  name: string,
): AsyncGenerator<LineValue> {
  let line = 0;
  for await (const text of lines(bytes, name)) {
    line++;
    if (text.trim() === "") continue;
    yield { value: parse(text, `line ${line} of ${name}`), line };
  }
}

function parse(text: string, where: string): unknown {
  const { depth, members } = shapeOf(text);
  if (depth > DEEPEST) {
    throw new UsageError(
      `Cannot use ${where}: it is nested more than ${DEEPEST} levels deep`,
    );
  }
  let inexact: string | undefined;
  let value: unknown;
  try {
    value = PERHAPS_INEXACT.test(text)
      ? JSON.parse(text, function (_key, part: unknown, context?: Context) {
        const source = context?.source;
        if (typeof part === "number" && source && !isExact(part, source)) {
          inexact = source;
        }
        return part;
      })
      : JSON.parse(text);
  } catch (cause) {
    throw new UsageError(
      `Cannot use ${where}: it is not JSON: ${shorten(text.trim())}`,
      { cause },
    );
  }
  if (members !== membersOf(value)) {
    throw new UsageError(
      `Cannot use ${where}: an object has two fields of one name, and JavaScript's JSON keeps only the last`,
    );
  }
  if (inexact === undefined) return value;
  throw new UsageError(
    `Cannot use ${where}: the number ${
      shorten(inexact)
    } would become another one in JavaScript's JSON; put it in quotes`,
  );
}

/** How deep the brackets of a JSON text are nested, and how many members its objects have. */
function shapeOf(text: string): { depth: number; members: number } {
  let depth = 0;
  let level = 0;
  let members = 0;
  let isInString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') isInString = !isInString;
    else if (isInString) i += character === "\\" ? 1 : 0;
    else if (character === ":") members++;
    else if (character === "{" || character === "[") {
      depth = Math.max(depth, ++level);
    } else if (character === "}" || character === "]") level--;
  }
  return { depth, members };
}

function membersOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const parts = Object.values(value);
  let count = Array.isArray(value) ? 0 : parts.length;
  for (const part of parts) count += membersOf(part);
  return count;
}

/** The third argument of a reviver of `JSON.parse`, since ES2025. */
interface Context {
  readonly source?: string;
}

/**
 * Whether a number has all digits of its text: `0.1` and `0.10000000000000001` do,
 * `0.1234567890123456789` does not.
 */
function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value) || Object.is(value, -0)) return false;
  const { digits, decimal } = decimalOf(source);
  if (digits === 0) return true;
  // As many as `toPrecision` can write.
  return digits <= 100 &&
    decimalOf(value.toPrecision(digits)).decimal === decimal;
}

/**
 * A number as `<sign><digits>e<exponent>` without zeros at either end, and how many digits that
 * has.
 */
function decimalOf(text: string): { digits: number; decimal: string } {
  const [, sign, whole, fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const all = (whole! + fraction).replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  const power = Number(exponent) - fraction.length + all.length - digits.length;
  return { digits: digits.length, decimal: `${sign}${digits}e${power}` };
}

async function* lines(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  name: string,
): AsyncGenerator<string> {
  const decoder = new TextDecoderStream("utf-8", { fatal: true });
  let rest = "";
  let count = 0;
  try {
    for await (const text of bytes.pipeThrough(decoder)) {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      count += parts.length;
      yield* parts;
      if (rest.length > LONGEST_LINE) {
        throw new UsageError(
          `Cannot use line ${
            count + 1
          } of ${name}: it is far too long for a Kinesis record`,
        );
      }
    }
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new UsageError(
      `Cannot use ${name}: it is not UTF-8 after line ${count}`,
      { cause },
    );
  }
  if (rest !== "") yield rest;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
