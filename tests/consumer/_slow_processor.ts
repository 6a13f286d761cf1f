/**
 * A processor that decodes a record when the test lets it.
 *
 * @module
 */
import { jsonLines, type Processor } from "../../processors/mod.ts";
import type { KinesisRecord } from "../../records.ts";

/**
 * Decodes each record that `isSlow` chooses only after the test has called its function in
 * `pending`.
 */
export function slowly<T>(
  isSlow: (record: KinesisRecord) => boolean = () => true,
): { processor: Processor<T>; pending: (() => void)[] } {
  const inner = jsonLines<T>();
  const pending: (() => void)[] = [];
  const processor: Processor<T> = {
    name: "slow",
    scope: inner.scope,
    createPacker: (options) => inner.createPacker(options),
    encoder: (options) => inner.encoder(options),
    decoder: (options) => inner.decoder(options),
    unpack(record) {
      if (!isSlow(record)) return inner.unpack(record);
      return new Promise((resolve) =>
        pending.push(() => resolve(inner.unpack(record)))
      );
    },
  };
  return { processor, pending };
}
