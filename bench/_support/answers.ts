/**
 * Encoded answers for clients, in JSON and in CBOR.
 *
 * @module
 */
import { cborCodec } from "../../_aws/cbor_codec.ts";
import { jsonCodec } from "../../_aws/json_codec.ts";

/** One answer in both encodings. */
export interface Encoded {
  /** As JSON. */
  readonly json: Uint8Array<ArrayBuffer>;
  /** As CBOR. */
  readonly cbor: Uint8Array<ArrayBuffer>;
}

function encoded(answer: object): Encoded {
  return {
    json: jsonCodec.encode("", answer),
    cbor: cborCodec.encode("", answer),
  };
}

/** A GetRecords answer with `count` records of `bytes` bytes. */
export function recordsAnswer(count: number, bytes: number): Encoded {
  const Data = new TextEncoder().encode(
    JSON.stringify({ text: "x".repeat(Math.max(0, bytes - 11)) }),
  );
  return encoded({
    Records: Array.from({ length: count }, (_, i) => ({
      SequenceNumber: String(10n ** 55n + BigInt(i)),
      ApproximateArrivalTimestamp: new Date(1_700_000_000_123),
      Data,
      PartitionKey: `key-${i}`,
    })),
    NextShardIterator: "next",
    MillisBehindLatest: 1000,
  });
}

/** A PutRecords answer in which all `count` records succeed. */
export function storedAnswer(count: number): Encoded {
  return encoded({
    FailedRecordCount: 0,
    Records: Array.from({ length: count }, (_, i) => ({
      SequenceNumber: String(10n ** 55n + BigInt(i)),
      ShardId: "shardId-000000000000",
    })),
  });
}
