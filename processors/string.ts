/**
 * A processor and serializer for text.
 *
 * @module
 */
import { decodeUtf8, encodeUtf8, isWellFormed } from "../_core/utf8.ts";
import { serializerProcessor } from "./create_processor.ts";
import type { SerializerProcessor } from "./serializer.ts";
import { single } from "./single.ts";

/**
 * Text as UTF-8: one string per record. It is also a serializer, to combine with other framings.
 *
 * Writing rejects text with a lone surrogate, which has no UTF-8. Bytes that are not UTF-8 are a
 * `DecodeError`.
 *
 * @example
 * ```ts
 * import { string } from "@webstreams/kinesis/processors";
 * import { assertEquals } from "@std/assert";
 *
 * const { writable, readable } = string().encoder();
 * const writer = writable.getWriter();
 * writer.write({ value: "hello", partitionKey: "greetings" });
 * writer.close();
 * for await (const record of readable) {
 *   assertEquals(record.data, new TextEncoder().encode("hello"));
 *   assertEquals(record.size, 5 + 9);
 * }
 * ```
 */
export function string(): SerializerProcessor<string> {
  return processor ??= serializerProcessor({
    name: "string",
    serialize: (value) => encodeUtf8(wellFormed(value)),
    deserialize: decodeUtf8,
    text: { stringify: wellFormed, parse: (text) => text },
  }, single());
}

let processor: SerializerProcessor<string> | undefined;

function wellFormed(value: string): string {
  if (typeof value !== "string") {
    throw new TypeError(`value must be a string: it is ${typeof value}`);
  }
  if (!isWellFormed(value)) {
    throw new TypeError("text must be well-formed: it has a lone surrogate");
  }
  return value;
}
