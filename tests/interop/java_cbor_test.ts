import { assertEquals } from "@std/assert";
import { type CborValue, decodeCbor, encodeCbor } from "../../_aws/cbor.ts";
import { cborCodec } from "../../_aws/cbor_codec.ts";

const every = Uint8Array.from({ length: 256 }, (_, i) => i);

/**
 * What `fixtures/java_sdk/src/main/java/Capture.java` asks the AWS SDK for Java to send, in the
 * order that it writes fields.
 */
const requests = {
  PutRecords: {
    Records: [
      { Data: new TextEncoder().encode("hello"), PartitionKey: "key-1" },
      {
        Data: every,
        ExplicitHashKey: "340282366920938463463374607431768211455",
        PartitionKey: "grüße 🚀",
      },
      { Data: new Uint8Array(), PartitionKey: "k".repeat(256) },
    ],
    StreamName: "orders",
  },
  PutRecord: {
    Data: new Uint8Array(300),
    PartitionKey: "k",
    SequenceNumberForOrdering: "1",
    StreamARN: "arn:aws:kinesis:us-east-1:123456789012:stream/orders",
  },
  GetShardIterator: {
    StreamName: "orders",
    ShardId: "shardId-000000000000",
    ShardIteratorType: "AT_TIMESTAMP",
    Timestamp: new Date(1_700_000_000_123),
  },
  CreateStream: { StreamName: "orders", ShardCount: 3, Tags: { team: "blue" } },
  DeleteStream: { StreamName: "orders", EnforceConsumerDeletion: true },
};

/**
 * Like our encoding, but with lists and maps of indefinite length as Java writes them: all other
 * bytes are ours.
 */
function withJavaContainers(value: CborValue): number[] {
  const isScalar = typeof value !== "object" || value === null ||
    value instanceof Uint8Array || value instanceof Date;
  if (isScalar) return [...encodeCbor(value)];
  if (Array.isArray(value)) {
    return [0x9f, ...value.flatMap(withJavaContainers), 0xff];
  }
  const entries = Object.entries(value as Record<string, CborValue>);
  return [
    0xbf,
    ...entries.flatMap(([key, item]) => [
      ...encodeCbor(key),
      ...withJavaContainers(item),
    ]),
    0xff,
  ];
}

for (const [action, request] of Object.entries(requests)) {
  Deno.test(`cborCodec writes ${action} as the AWS SDK for Java does`, async () => {
    const java = await Deno.readFile(
      new URL(`./fixtures/java_sdk/${action}.cbor`, import.meta.url),
    );
    const ours = cborCodec.encode(action, request);
    assertEquals(decodeCbor(ours), decodeCbor(java));
    assertEquals(withJavaContainers(request), [...java]);
  });
}
