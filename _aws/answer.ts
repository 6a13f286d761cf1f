/**
 * Converts a parsed answer to the documented types: times to `Date`, blobs to `Uint8Array`. Removes
 * fields that are `null`.
 *
 * @module
 */

/** Reads the two types that JSON lacks, in the form in which one protocol writes them. */
export interface ScalarReaders {
  /** Converts a parsed blob. Throws a TypeError if the value is not a blob. */
  blob(value: unknown): Uint8Array<ArrayBuffer>;
  /** Whether all records of a list were read in their final form, and are not converted. */
  areConverted?(list: readonly unknown[]): boolean;
  /** Whether a record was read in its final form, and is not converted. */
  isConverted?(record: Readonly<Record<string, unknown>>): boolean;
  /** Converts a parsed time. Throws if the value is not a time. */
  time(value: unknown): Date;
}

type Fields = Record<string, unknown>;

const TIMES = new Set([
  "ApproximateArrivalTimestamp",
  "ChannelCreationTimestamp",
  "ConsumerCreationTimestamp",
  "EarliestAllowedEndAt",
  "EndedAt",
  "FirstReceiveTimestamp",
  "QueueCreationTimestamp",
  "StartedAt",
  "StreamCreationTimestamp",
  "Timestamp",
]);

/**
 * Converts an answer in place and returns it. Needs no schema: in the API, the name of a field
 * tells whether it is a time or a blob.
 */
export function normalizeAnswer(
  answer: unknown,
  readers: ScalarReaders,
): object {
  if (!isFields(answer)) {
    throw new TypeError("the answer is not an object");
  }
  normalizeFields(answer, readers);
  return answer;
}

function normalizeFields(fields: Fields, readers: ScalarReaders): void {
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === null || value === undefined) delete fields[name];
    else if (name === "Records" && Array.isArray(value)) {
      if (readers.areConverted?.(value)) continue;
      for (let i = 0; i < value.length; i++) {
        value[i] = normalizeRecord(value[i], readers);
      }
    } else if (name === "QueueRecords" && Array.isArray(value)) {
      for (const record of value) normalizeQueueRecord(record, readers);
    } else if (TIMES.has(name)) fields[name] = readers.time(value);
    else if (Array.isArray(value)) {
      for (const item of value) {
        if (isFields(item)) normalizeFields(item, readers);
      }
    } else if (isFields(value)) normalizeFields(value, readers);
  }
}

// A hot path: one GetRecords answer can have 10 000 records. The records of a PutRecords answer
// also come here; they have no Data.
function normalizeRecord(record: unknown, readers: ScalarReaders): unknown {
  if (!isFields(record)) throw new TypeError("a record is not an object");
  if (readers.isConverted?.(record)) return record;
  if (record.Data === undefined) {
    if (!isPlain(record)) normalizeFields(record, readers);
    return record;
  }
  const time = record.ApproximateArrivalTimestamp;
  return {
    SequenceNumber: text(record.SequenceNumber, "SequenceNumber"),
    ApproximateArrivalTimestamp: time === null || time === undefined
      ? undefined
      : readers.time(time),
    Data: readers.blob(record.Data),
    // Records of a stream with AUTO distribution may have no partition key. A key is never empty.
    PartitionKey: text(record.PartitionKey ?? "", "PartitionKey") || undefined,
    EncryptionType: record.EncryptionType ?? undefined,
  };
}

/** A record of a queue. There are at most ten in an answer. */
function normalizeQueueRecord(record: unknown, readers: ScalarReaders): void {
  if (!isFields(record)) throw new TypeError("a record is not an object");
  text(record.ReceiptHandle, "ReceiptHandle");
  text(record.RecordId, "RecordId");
  const data = readers.blob(record.Data);
  delete record.Data;
  normalizeFields(record, readers);
  record.Data = data;
}

/** Whether a record needs no conversion. True for nearly all results of a PutRecords answer. */
function isPlain(record: Fields): boolean {
  for (const name in record) {
    if (typeof record[name] !== "string") return false;
  }
  return record.ApproximateArrivalTimestamp === undefined;
}

function text(value: unknown, name: string): string {
  if (typeof value !== "string") {
    throw new TypeError(`the ${name} of a record is not a text`);
  }
  return value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null &&
    !Array.isArray(value) && !(value instanceof Uint8Array) &&
    !(value instanceof Date);
}
