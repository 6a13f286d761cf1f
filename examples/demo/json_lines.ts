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
/** Matches texts with a number that JavaScript may not keep exactly. */
const PERHAPS_INEXACT = /\d[eE]|\d{16}|-0/;

/**
 * The values of a file of JSON lines. Blank lines are skipped.
 *
 * @throws {UsageError} if the text is not UTF-8, or if a line is not JSON, is too long or contains
 * a number that JavaScript cannot keep
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
  if (inexact === undefined) return value;
  throw new UsageError(
    `Cannot use ${where}: the number ${
      shorten(inexact)
    } would become another one in JavaScript's JSON; put it in quotes`,
  );
}

/** The third argument of a reviver of `JSON.parse`, since ES2025. */
interface Context {
  readonly source?: string;
}

/**
 * Whether a parsed number is the number in the text. Integers must be equal. For fractions, only an
 * overflow and an underflow to 0 count as a difference.
 */
function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value) || Object.is(value, -0)) return false;
  if (value === 0) return !/[1-9]/.test(source.replace(/[eE].*/, ""));
  return !/^-?\d+$/.test(source) || BigInt(source) === BigInt(value);
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
