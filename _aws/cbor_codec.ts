/**
 * The CBOR protocol: `application/x-amz-cbor-1.1`, with blobs as byte strings and times in
 * milliseconds.
 *
 * @module
 */
import { normalizeAnswer, type ScalarReaders } from "./answer.ts";
import { type CborValue, decodeCbor, encodeCbor, epochToDate } from "./cbor.ts";
import { CborPutResults } from "./cbor_put_results.ts";
import { CborRecords } from "./cbor_records.ts";
import type { CborRecordReader } from "./cbor_reader.ts";
import { CborWriter, sizeBound } from "./cbor_writer.ts";
import { type Codec, errorBodyOf } from "./codec.ts";
import { AnswerBytes, RecordView } from "./record_view.ts";

/** The CBOR protocol. */
export const cborCodec: Codec = {
  contentType: "application/x-amz-cbor-1.1",

  encode(action, request) {
    return action === "PutRecords"
      ? encodePutRecords(request as PutRecordsShape)
      : encodeCbor(request as CborValue);
  },

  decode(action, body, viewsRecords = false) {
    // Actions that return no members answer with an empty body.
    if (body.length === 0) return {};
    const answer = new AnswerBytes(body);
    const records = action === "PutRecords"
      ? new CborPutResults(body)
      : new CborRecords(answer, epochToDate, viewsRecords);
    return normalizeAnswer(
      decodeCbor(body, { records }),
      readersOf(answer, records),
    );
  },

  decodeError(body) {
    try {
      return errorBodyOf(decodeCbor(body));
    } catch {
      return {};
    }
  },
};

type PutRecordsShape = { readonly [field: string]: CborValue } & {
  readonly Records: readonly {
    readonly Data: CborValue;
    readonly PartitionKey?: CborValue;
    readonly ExplicitHashKey?: CborValue;
  }[];
};

/**
 * An upper bound for the CBOR headers and keys of one record, in bytes: 1 for the map, and up to 16
 * for each of the three keys.
 */
const RECORD_FRAME_BYTES = 64;

// The hot path of writing. It reads the fields by name: listing the keys of 500 records with
// Object.keys takes longer than copying 500 KB of data.
function encodePutRecords(request: PutRecordsShape): Uint8Array<ArrayBuffer> {
  const { Records, ...others } = request;
  let bound = sizeBound(others) + sizeBound("Records") + sizeBound([]);
  for (const { Data, PartitionKey, ExplicitHashKey } of Records) {
    bound += RECORD_FRAME_BYTES + sizeBound(Data) + sizeBound(PartitionKey) +
      sizeBound(ExplicitHashKey);
  }
  const writer = new CborWriter(bound);
  writer.fields(others, 1);
  writer.text("Records");
  writer.array(Records.length);
  for (const { Data, PartitionKey, ExplicitHashKey } of Records) {
    const hasPartitionKey = PartitionKey !== undefined;
    const hasHashKey = ExplicitHashKey !== undefined;
    writer.map(1 + Number(hasPartitionKey) + Number(hasHashKey));
    writer.text("Data");
    writer.write(Data);
    if (hasPartitionKey) {
      writer.text("PartitionKey");
      writer.write(PartitionKey);
    }
    if (hasHashKey) {
      writer.text("ExplicitHashKey");
      writer.write(ExplicitHashKey);
    }
  }
  return writer.finish();
}

function readersOf(
  answer: AnswerBytes,
  records: CborRecordReader,
): ScalarReaders {
  return {
    areConverted: (list) => list === records.list,
    // The general reader gives data inside the body, and CborRecords none.
    isConverted: (record) =>
      record instanceof RecordView ||
      record.Data instanceof Uint8Array &&
        record.Data.buffer !== answer.bytes.buffer,
    blob(value) {
      if (!(value instanceof Uint8Array)) {
        throw new TypeError("a blob is not a byte string");
      }
      return answer.copyOf(value);
    },
    time(value) {
      // A time with tag 1 is already a Date. Some servers leave the tag out.
      if (value instanceof Date) return value;
      if (typeof value === "number" || typeof value === "bigint") {
        return epochToDate(value);
      }
      throw new TypeError("a time is not a number");
    },
  };
}
