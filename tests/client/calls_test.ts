import { assert, assertEquals, assertMatch } from "@std/assert";
import { ok, stub } from "./_stub_fetch.ts";

Deno.test("KinesisClient signs a request and names its action", async () => {
  const { client, sent, run, clock } = stub(() => ok());
  await run(client.deleteStream({ StreamName: "s" }));
  const [{ action, headers, init }] = sent as [typeof sent[0] & object];
  assertEquals([action, init.method], ["DeleteStream", "POST"]);
  assertEquals(headers.get("x-amz-target"), "Kinesis_20131202.DeleteStream");
  assertEquals(headers.get("content-type"), "application/x-amz-json-1.1");
  const day = new Date(clock.now()).toISOString().slice(0, 10)
    .replaceAll("-", "");
  assertMatch(
    headers.get("authorization")!,
    new RegExp(
      `^AWS4-HMAC-SHA256 Credential=id/${day}/eu-west-1/kinesis/aws4_request, SignedHeaders=.*host.*, Signature=[0-9a-f]{64}$`,
    ),
  );
  assertEquals(headers.get("x-amz-security-token"), null);
});

Deno.test("KinesisClient has a method for every action of its types", async () => {
  const { client, sent, run } = stub(() => ok());
  const stream = { StreamName: "s" };
  const calls: [string, () => Promise<unknown>][] = [
    ["CreateStream", () => client.createStream({ ...stream, ShardCount: 1 })],
    ["DeleteStream", () => client.deleteStream(stream)],
    ["DescribeStreamSummary", () => client.describeStreamSummary(stream)],
    ["ListShards", () => client.listShards(stream)],
    [
      "PutRecord",
      () =>
        client.putRecord({
          ...stream,
          Data: new Uint8Array([1, 2]),
          PartitionKey: "k",
        }),
    ],
    [
      "PutRecords",
      () =>
        client.putRecords({
          ...stream,
          Records: [
            { Data: new Uint8Array([255]), PartitionKey: 'k"\u2028' },
            {
              Data: new Uint8Array(),
              PartitionKey: "l",
              ExplicitHashKey: "7",
            },
          ],
        }),
    ],
    [
      "GetShardIterator",
      () =>
        client.getShardIterator({
          ...stream,
          ShardId: "x",
          ShardIteratorType: "AT_TIMESTAMP",
          Timestamp: new Date(1500),
        }),
    ],
    ["GetRecords", () => client.getRecords({ ShardIterator: "i" })],
    [
      "SplitShard",
      () =>
        client.splitShard({
          ...stream,
          ShardToSplit: "x",
          NewStartingHashKey: "1",
        }),
    ],
    [
      "MergeShards",
      () =>
        client.mergeShards({
          ...stream,
          ShardToMerge: "x",
          AdjacentShardToMerge: "y",
        }),
    ],
  ];
  for (const [, call] of calls) await run(call());
  assertEquals(
    sent.map(({ action }) => action),
    calls.map(([action]) => action),
  );
  const bodyOf = (action: string) =>
    sent.find((request) => request.action === action)!.body;
  assertEquals(bodyOf("PutRecord").Data, "AQI=");
  assertEquals(bodyOf("PutRecords"), {
    StreamName: "s",
    Records: [
      { Data: "/w==", PartitionKey: 'k"\u2028' },
      { Data: "", PartitionKey: "l", ExplicitHashKey: "7" },
    ],
  });
  assertEquals(bodyOf("GetShardIterator").Timestamp, 1.5);
});

Deno.test("KinesisClient answers with bytes and dates, and leaves out what is null", async () => {
  const { client, run } = stub(() =>
    ok({
      Records: [{
        SequenceNumber: "1",
        ApproximateArrivalTimestamp: 1767322800.123,
        Data: "aGk=",
        PartitionKey: "k",
        EncryptionType: null,
      }],
      NextShardIterator: null,
      ChildShards: null,
      MillisBehindLatest: 0,
    })
  );
  const answer = await run(client.getRecords({ ShardIterator: "i" }));
  assertEquals(Object.keys(answer).sort(), ["MillisBehindLatest", "Records"]);
  const [record] = answer.Records;
  assertEquals(new TextDecoder().decode(record!.Data), "hi");
  assertEquals(
    record!.ApproximateArrivalTimestamp!.getTime(),
    1767322800123,
  );
  assertEquals(record!.EncryptionType, undefined);
  assert(record!.Data instanceof Uint8Array);
});

Deno.test("KinesisClient looks up fetch at the call when none is given", async () => {
  const { client } = stub(() => ok({ Shards: [] }), { fetch: undefined });
  const genuine = globalThis.fetch;
  try {
    globalThis.fetch = () => Promise.resolve(ok({ Shards: [] }));
    assertEquals(await client.listShards({ StreamName: "s" }), { Shards: [] });
  } finally {
    globalThis.fetch = genuine;
  }
});
