/**
 * Reads values as text, for people and for `--json`.
 *
 * @module
 */
import { msgpack, type Serializer } from "../processors/mod.ts";
import { textOfBytes } from "./_values.ts";

/** A value as text. */
export interface TextValue {
  readonly text: string;
  /** Whether the text is JSON. It is as its writer has sent it, but on one line. */
  readonly isJson: boolean;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** JSON. The text is kept: a number of more than 15 digits would be changed by reading it. */
const json = readOnly("json", (bytes) => {
  const text = decoder.decode(bytes);
  JSON.parse(text);
  return { text: onOneLine(text), isJson: true };
});

/** What is JSON as JSON, other UTF-8 as text, and other bytes as base64. */
export const anyText: Serializer<TextValue> = readOnly("text", (bytes) => {
  const text = textOfBytes(bytes);
  return isJson(text)
    ? { text: onOneLine(text), isJson: true }
    : { text, isJson: false };
});

/** The serializers by their names. */
export const TEXT_SERIALIZERS: Readonly<
  Record<string, () => Serializer<TextValue>>
> = {
  json: () => json,
  string: () =>
    readOnly("string", (bytes) => ({
      text: decoder.decode(bytes),
      isJson: false,
    })),
  bytes: () =>
    readOnly("bytes", (bytes) => ({ text: textOfBytes(bytes), isJson: false })),
  msgpack: () => {
    const { deserialize } = msgpack();
    return readOnly("msgpack", (bytes) => {
      const text = JSON.stringify(deserialize(bytes), asJson);
      return { text: text ?? "null", isJson: true };
    });
  },
};

/** Whether a text is JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readOnly(
  name: string,
  deserialize: (bytes: Uint8Array<ArrayBuffer>) => TextValue,
): Serializer<TextValue> {
  return {
    name,
    deserialize,
    serialize() {
      throw new TypeError("These values are only read");
    },
  };
}

/** Line feeds of JSON are between its parts, so spaces can replace them. */
function onOneLine(json: string): string {
  return json.trim().replace(/\r?\n/g, " ");
}

/** Replaces what JSON does not have. */
function asJson(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) {
    return textOfBytes(value as Uint8Array<ArrayBuffer>);
  }
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return value;
}
