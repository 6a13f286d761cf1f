/**
 * The decoder for records that hold one JSON value each.
 *
 * @module
 */
import { DecodeError } from "../errors.ts";
import type { EventDecoder } from "./decode_event.ts";

/**
 * Decodes records with one JSON value each, as `json()` writes them. It only reads, so a bundle with
 * it is less than half as large as one with `json()`.
 */
export function jsonValues<T>(): EventDecoder<T> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return {
    unpack(record) {
      const { partitionKey, shardId, sequenceNumber } = record;
      const subSequenceNumber = 0;
      try {
        const value: T = JSON.parse(decoder.decode(record.data));
        return [{ type: "value", value, partitionKey, subSequenceNumber }];
      } catch (cause) {
        const error = new DecodeError(
          `Cannot decode record "${sequenceNumber}" of ${shardId}: not valid JSON`,
          { cause, record },
        );
        return [{ type: "error", error, subSequenceNumber }];
      }
    },
  };
}
