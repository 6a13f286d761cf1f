/**
 * Reading a file of JSON lines.
 *
 * @module
 */
import { UsageError } from "./options.ts";

/** A value and where it stands. */
export interface LineValue {
  /** The value. */
  readonly value: unknown;
  /** The line, from 1. */
  readonly line: number;
}

/**
 * The values of a file of JSON lines, blank lines left out.
 *
 * @throws {UsageError} if the text is not UTF-8 or a line is not JSON
 */
export async function* jsonValues(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  name: string,
): AsyncGenerator<LineValue> {
  let line = 0;
  for await (const text of lines(bytes, name)) {
    line++;
    if (text.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new UsageError(
        `Cannot use line ${line} of ${name}: it is not JSON: ${
          shorten(text.trim())
        }`,
        { cause },
      );
    }
    yield { value, line };
  }
}

async function* lines(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  name: string,
): AsyncGenerator<string> {
  const decoder = new TextDecoderStream("utf-8", { fatal: true });
  let rest = "";
  try {
    for await (const text of bytes.pipeThrough(decoder)) {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      yield* parts;
    }
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new UsageError(`Cannot use ${name}: it is not UTF-8`, { cause });
  }
  if (rest !== "") yield rest;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
