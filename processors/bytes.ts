/**
 * A processor and serializer for raw bytes.
 *
 * @module
 */
import { isBytes } from "../_core/bytes.ts";
import { serializerProcessor } from "./create_processor.ts";
import type { SerializerProcessor } from "./serializer.ts";
import { single } from "./single.ts";

/**
 * Raw bytes: one `Uint8Array` per record. It is also a serializer, to combine with other framings.
 *
 * Bytes are not copied. Do not change an array after writing it until Kinesis has acknowledged it.
 * An array that is read may be a view of a larger record; to keep it without the record, copy it
 * with `slice()`.
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
