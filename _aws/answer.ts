/**
 * From what a codec parsed to what the types promise: `Date` for times, `Uint8Array` for blobs, absent for `null`.
 *
 * @module
 */

/** How one protocol writes the two types that JSON lacks. */
export interface ScalarReaders {
  /** A blob as it was parsed. Throws if it is none. */
  blob(value: unknown): Uint8Array<ArrayBuffer>;
  /** A time as it was parsed. Throws if it is none. */
  time(value: unknown): Date;
}

type Fields = Record<string, unknown>;

const TIMES = new Set([
  "ApproximateArrivalTimestamp",
  "ConsumerCreationTimestamp",
  "EarliestAllowedEndAt",
  "EndedAt",
  "StartedAt",
  "StreamCreationTimestamp",
]);

/** Converts an answer in place. The names of times and blobs are unique in the API, so no schema is needed. */
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
      for (let i = 0; i < value.length; i++) {
        value[i] = normalizeRecord(value[i], readers);
      }
    } else if (TIMES.has(name)) fields[name] = readers.time(value);
    else if (Array.isArray(value)) {
      for (const item of value) {
        if (isFields(item)) normalizeFields(item, readers);
      }
    } else if (isFields(value)) normalizeFields(value, readers);
  }
}

// The hot path: 10 000 of these in one answer of GetRecords. The other user of the name, PutRecords, has no Data.
function normalizeRecord(record: unknown, readers: ScalarReaders): unknown {
  if (!isFields(record)) throw new TypeError("a record is not an object");
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
    // A stream that distributes its records by itself needs none.
    PartitionKey: text(record.PartitionKey ?? "", "PartitionKey"),
    EncryptionType: record.EncryptionType ?? undefined,
  };
}

/** Whether there is nothing to convert, as with nearly all of the 500 in an answer of PutRecords. */
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
