/**
 * Makes the values of `put` from lines of text.
 *
 * @module
 */
import {
  createProcessor,
  type Framing,
  kpl,
  newline,
  type Processor,
  type Serializer,
  single,
} from "../processors/mod.ts";
import { Failure } from "./_failure.ts";
import { type InputLine, MAX_LINE_BYTES } from "./_lines.ts";

/** A value to put. */
export interface LineValue {
  /** The number of the line, from 1. */
  readonly number: number;
  /**
   * The text that is sent. JSON is checked and sent as it was given, because a number of more than 15
   * digits would not be the same after reading and writing it.
   */
  readonly text: string;
  /** The partition key. Absent for a random one. */
  readonly key?: string;
}

const FRAMINGS: Readonly<Record<string, () => Framing>> = {
  json: single,
  jsonLines: newline,
  kplJson: kpl,
  string: single,
};

/** The processors that `put` can write with. */
export const PUT_PROCESSORS: readonly string[] = Object.keys(FRAMINGS);

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

const lineText: Serializer<LineValue> = {
  name: "line",
  serialize: ({ text }) => encoder.encode(text),
  deserialize: (bytes) => ({ number: 0, text: decoder.decode(bytes) }),
  text: {
    stringify: ({ text }) => text,
    parse: (text) => ({ number: 0, text }),
  },
};

/** The processor with a name. */
export function putProcessor(name: string): Processor<LineValue> {
  return createProcessor({
    serializer: lineText,
    framing: FRAMINGS[name]!(),
  });
}

/** How lines become values. */
export interface ValueOptions {
  /** The name of the processor. */
  readonly processor: string;
  /** The partition key of all values. */
  readonly key?: string;
  /** The field with the partition key. */
  readonly keyField?: string;
}

/**
 * Makes a value from a line.
 *
 * @throws {Failure} if the line is bad
 */
export function valueOfLine(
  { number, bytes, isTooLong }: InputLine,
  options: ValueOptions,
): LineValue {
  if (isTooLong) throw new Failure(`longer than ${MAX_LINE_BYTES} bytes`);
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw new Failure("not UTF-8");
  }
  return valueOfText(number, text, options);
}

/**
 * Makes a value from a text.
 *
 * @throws {Failure} if the text is bad
 */
export function valueOfText(
  number: number,
  text: string,
  { processor, key, keyField }: ValueOptions,
): LineValue {
  if (processor === "string") return { number, text, key };
  const value = parse(text);
  return {
    number,
    // Line feeds of valid JSON are between its parts, so spaces can replace them.
    text: text.replaceAll("\n", " "),
    key: keyField === undefined ? key : keyOf(value, keyField),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(`not valid JSON: ${(error as Error).message}`);
  }
}

function keyOf(value: unknown, field: string): string {
  const isObject = typeof value === "object" && value !== null;
  const key = isObject && Object.hasOwn(value, field)
    ? (value as Record<string, unknown>)[field]
    : undefined;
  switch (typeof key) {
    case "string":
      return key;
    case "boolean":
      return String(key);
    case "number":
      // The digits of a larger number are lost when it is read.
      if (Number.isInteger(key) && !Number.isSafeInteger(key)) {
        throw new Failure(
          `field "${field}" has a number above 2^53: write the key as a text`,
        );
      }
      return String(key);
    case "undefined":
      throw new Failure(`no field "${field}" for the key`);
    default:
      throw new Failure(
        `field "${field}" is not a text, a number, true or false`,
      );
  }
}
