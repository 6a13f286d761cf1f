/**
 * The errors of packing and unpacking, with their messages.
 *
 * @module
 */
import { textOf } from "../_core/text_of.ts";
import { DecodeError, InvalidRecordError } from "../errors.ts";
import type { KinesisRecord, Put } from "../records.ts";
import type { Unpacked } from "./processor.ts";

/** The message of a thrown value of any type. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : textOf(cause);
}

function keyOf(put: Put<unknown>): string {
  const key = put.partitionKey;
  return JSON.stringify(key.length > 64 ? key.slice(0, 64) + "…" : key);
}

/** The error for a value that does not fit into a record even alone. */
export function tooLarge(
  put: Put<unknown>,
  size: number,
  limit: number,
): InvalidRecordError {
  const reason = `its record would have ${size} bytes with the key, ${
    size - limit
  } more than the ${limit} allowed`;
  return new InvalidRecordError(
    `Cannot put value with partition key ${keyOf(put)} as ${reason}`,
    { code: "RecordTooLarge", cause: new RangeError(reason) },
  );
}

/** The error for a value that the serializer cannot encode. */
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

/**
 * An error item for one value that cannot be decoded. Other values of the record may still be
 * valid.
 */
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

/** An error item for the rest of a record, after `subSequenceNumber` items that were found. */
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
