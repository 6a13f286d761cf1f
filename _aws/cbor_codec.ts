/**
 * The CBOR protocol: `application/x-amz-cbor-1.1`, blobs as byte strings, times as milliseconds.
 *
 * @module
 */
import { Slabs } from "../_core/slabs.ts";
import { normalizeAnswer, type ScalarReaders } from "./answer.ts";
import { type CborValue, decodeCbor, encodeCbor, epochToDate } from "./cbor.ts";
import { CborWriter, sizeBound } from "./cbor_writer.ts";
import { type Codec, errorBodyOf } from "./codec.ts";

/** The CBOR protocol. */
export const cborCodec: Codec = {
  contentType: "application/x-amz-cbor-1.1",

  encode(action, request) {
    return action === "PutRecords"
      ? encodePutRecords(request as PutRecordsShape)
      : encodeCbor(request as CborValue);
  },

  decode(_action, body) {
    // Actions without an answer send an empty body.
    if (body.length === 0) return {};
    return normalizeAnswer(decodeCbor(body), readersOf(new Slabs()));
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

/** Headers and keys of one record at most: 1 for the map, and three keys of up to 15 letters with a header each. */
const RECORD_FRAME_BYTES = 64;

// The hot path of writing: to ask 500 records for their keys takes longer than to copy 500 KB of data.
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

function readersOf(slabs: Slabs): ScalarReaders {
  return {
    blob(value) {
      if (!(value instanceof Uint8Array)) {
        throw new TypeError("a blob is not a byte string");
      }
      // A copy: whoever keeps one record must not keep the whole answer.
      return slabs.copy(value);
    },
    time(value) {
      // Tag 1 has become a date already; some servers leave the tag out.
      if (value instanceof Date) return value;
      if (typeof value === "number" || typeof value === "bigint") {
        return epochToDate(value);
      }
      throw new TypeError("a time is not a number");
    },
  };
}
