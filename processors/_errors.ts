/**
 * The errors of packing and unpacking, worded in one place.
 *
 * @module
 */
import { DecodeError, InvalidRecordError } from "../errors.ts";
import type { KinesisRecord, Put } from "../records.ts";
import type { Unpacked } from "./processor.ts";

/** What an unknown thrown thing has to say. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function keyOf(put: Put<unknown>): string {
  const key = put.partitionKey;
  return JSON.stringify(key.length > 64 ? key.slice(0, 64) + "…" : key);
}

/** The value alone does not fit into a record. */
export function tooLarge(
  put: Put<unknown>,
  size: number,
  limit: number,
): InvalidRecordError {
  return new InvalidRecordError(
    `Cannot put value with partition key ${
      keyOf(put)
    } as its record would have ${size} bytes with the key, ${
      size - limit
    } more than the ${limit} allowed`,
    { code: "RecordTooLarge" },
  );
}

/** The value has no bytes in this format. */
export function notSerializable(
  put: Put<unknown>,
  format: string,
  cause: unknown,
): InvalidRecordError {
  return new InvalidRecordError(
    `Cannot put value with partition key ${keyOf(put)} as ${format}: ${
      reasonOf(cause)
    }`,
    { code: "NotSerializable", cause },
  );
}

/** An item that could not be decoded, while the items around it may be fine. */
export function damagedItem<T>(
  record: KinesisRecord,
  subSequenceNumber: number,
  format: string,
  cause: unknown,
): Unpacked<T> {
  const error = new DecodeError(
    `Cannot decode item ${subSequenceNumber} of record "${record.sequenceNumber}" of ${record.shardId} as ${format}: ${
      reasonOf(cause)
    }`,
    { record, subSequenceNumber, cause },
  );
  return { type: "error", error, subSequenceNumber };
}

/** A record that could not be decoded from here on: `subSequenceNumber` items were found before the damage. */
export function damagedRecord<T>(
  record: KinesisRecord,
  subSequenceNumber: number,
  format: string,
  cause: unknown,
): Unpacked<T> {
  const where = subSequenceNumber === 0
    ? ""
    : ` after ${subSequenceNumber} items`;
  const error = new DecodeError(
    `Cannot decode record "${record.sequenceNumber}" of ${record.shardId} as ${format}${where}: ${
      reasonOf(cause)
    }`,
    { record, cause },
  );
  return { type: "error", error, subSequenceNumber };
}
