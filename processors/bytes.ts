/**
 * Bytes as they are.
 *
 * @module
 */
import { isBytes } from "../_core/bytes.ts";
import { serializerProcessor } from "./create_processor.ts";
import type { SerializerProcessor } from "./serializer.ts";
import { single } from "./single.ts";

/**
 * Bytes as they are: one array per record, and the serializer of bytes for other framings.
 *
 * Nothing is copied. What is written must not be changed until Kinesis has acknowledged it, and what is read may be a view
 * of a larger record: `slice()` it to keep only the part.
 *
 * @example
 * ```ts
 * import { bytes } from "@webstreams/kinesis/processors";
 * import { assertEquals } from "@std/assert";
 *
 * const { writable, readable } = bytes().encoder();
 * const writer = writable.getWriter();
 * writer.write({ value: Uint8Array.of(1, 2), partitionKey: "k" });
 * writer.close();
 * for await (const record of readable) assertEquals(record.data, Uint8Array.of(1, 2));
 * ```
 */
export function bytes(): SerializerProcessor<Uint8Array<ArrayBuffer>> {
  return processor ??= serializerProcessor({
    name: "bytes",
    serialize(value) {
      if (!isBytes(value)) {
        throw new TypeError(
          `value must be a Uint8Array: it is ${typeof value}`,
        );
      }
      return value;
    },
    deserialize: (value) => value,
  }, single());
}

let processor: SerializerProcessor<Uint8Array<ArrayBuffer>> | undefined;
