/**
 * Behaviours of Kinesis, as AWS documents them. Each is a check that runs against any server.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { assert, assertGreater } from "@std/assert";
import { hashKeyOf } from "../../_aws/hash_key.ts";
import { assertSame } from "./assert_same.ts";
import type { Kinesis } from "./kinesis.ts";

const RING = 1n << 128n;

/** One documented behaviour of Kinesis. */
export interface Behaviour {
  /** The id, by which `differences.ts` refers to the behaviour. */
  readonly id: string;
  /** Throws if the server behaves differently. */
  check(kinesis: Kinesis): Promise<void>;
}

interface Shard {
  ShardId: string;
  ParentShardId?: string | null;
  AdjacentParentShardId?: string | null;
  HashKeyRange: { StartingHashKey: string; EndingHashKey: string };
  SequenceNumberRange: {
    StartingSequenceNumber: string;
    EndingSequenceNumber?: string | null;
  };
}

async function shardsOf(kinesis: Kinesis, name: string): Promise<Shard[]> {
  return (await kinesis.active(name)).Shards;
}

async function arnOf(kinesis: Kinesis, name: string): Promise<string> {
  return (await kinesis.active(name)).StreamARN;
}

async function split(kinesis: Kinesis, name: string): Promise<Shard[]> {
  const [shard] = await shardsOf(kinesis, name);
  await kinesis.ok("SplitShard", {
    StreamName: name,
    ShardToSplit: shard!.ShardId,
    NewStartingHashKey: String(RING / 2n),
  });
  return await shardsOf(kinesis, name);
}

async function register(kinesis: Kinesis, name: string): Promise<string> {
  const StreamARN = await arnOf(kinesis, name);
  const { Consumer: { ConsumerARN } } = await kinesis.ok(
    "RegisterStreamConsumer",
    { StreamARN, ConsumerName: "c" },
  );
  for (;;) {
    const { ConsumerDescription } = await kinesis.ok("DescribeStreamConsumer", {
      ConsumerARN,
    });
    if (ConsumerDescription.ConsumerStatus === "ACTIVE") return ConsumerARN;
    await delay(20);
  }
}

const checks: Record<string, (kinesis: Kinesis) => Promise<void>> = {
  async "a record is read as it was put"(kinesis) {
    const name = await kinesis.createStream();
    const PartitionKey = 'k "quoted" \u{1f600}';
    const Data = new Uint8Array([0, 127, 128, 255]).toBase64();
    const put = await kinesis.put(name, PartitionKey, { Data });
    const { ShardIterator } = await kinesis.ok("GetShardIterator", {
      StreamName: name,
      ShardId: put.ShardId,
      ShardIteratorType: "TRIM_HORIZON",
    });
    const { Records: [record] } = await kinesis.ok("GetRecords", {
      ShardIterator,
    });
    assertSame(record.PartitionKey, PartitionKey);
    assertSame(record.Data, Data);
    assertSame(record.SequenceNumber, put.SequenceNumber);
    const age = Date.now() - record.ApproximateArrivalTimestamp * 1_000;
    assert(Math.abs(age) < 60_000, `arrived ${age} ms ago`);
  },

  async "a record goes to the shard of its partition key"(kinesis) {
    const name = await kinesis.createStream(4);
    const shards = await shardsOf(kinesis, name);
    const keys = Array.from({ length: 20 }, (_, i) => `key ${i} \u00e9`);
    const { Records } = await kinesis.ok("PutRecords", {
      StreamName: name,
      Records: keys.map((PartitionKey) => ({ PartitionKey, Data: "" })),
    });
    keys.forEach((key, i) => {
      const { HashKeyRange: range } = shards.find(({ ShardId }) =>
        ShardId === Records[i].ShardId
      )!;
      const hash = hashKeyOf(key);
      assert(BigInt(range.StartingHashKey) <= hash);
      assert(BigInt(range.EndingHashKey) >= hash);
    });
  },

  async "an explicit hash key overrides the partition key"(kinesis) {
    const name = await kinesis.createStream(2);
    const shards = await shardsOf(kinesis, name);
    for (const { ShardId, HashKeyRange } of shards) {
      for (const ExplicitHashKey of Object.values(HashKeyRange)) {
        const put = await kinesis.put(name, "k", { ExplicitHashKey });
        assertSame(put.ShardId, ShardId);
      }
    }
    await kinesis.fails("InvalidArgumentException", "PutRecord", {
      StreamName: name,
      PartitionKey: "k",
      Data: "",
      ExplicitHashKey: String(RING),
    });
  },

  async "the shards of a new stream divide the hash keys evenly"(kinesis) {
    const name = await kinesis.createStream(2);
    const ranges = (await shardsOf(kinesis, name))
      .map(({ HashKeyRange }) => HashKeyRange);
    assertSame(ranges, [
      { StartingHashKey: "0", EndingHashKey: String(RING / 2n - 1n) },
      {
        StartingHashKey: String(RING / 2n),
        EndingHashKey: String(RING - 1n),
      },
    ]);
  },

  async "sequence numbers grow along a shard"(kinesis) {
    const name = await kinesis.createStream();
    const numbers: bigint[] = [];
    for (let i = 0; i < 5; i++) {
      numbers.push(BigInt((await kinesis.put(name, "k")).SequenceNumber));
    }
    for (let i = 1; i < 5; i++) assertGreater(numbers[i], numbers[i - 1]);
  },

  async "PutRecords takes at most 500 records"(kinesis) {
    const name = await kinesis.createStream();
    await kinesis.fails("ValidationException", "PutRecords", {
      StreamName: name,
      Records: Array.from(
        { length: 501 },
        () => ({ PartitionKey: "k", Data: "" }),
      ),
    });
  },

  async "PutRecords refuses a record over the stream's size as a whole"(
    kinesis,
  ) {
    const name = await kinesis.createStream();
    await kinesis.fails(
      "ValidationException|InvalidArgumentException",
      "PutRecords",
      {
        StreamName: name,
        Records: [
          { PartitionKey: "k", Data: "" },
          { PartitionKey: "k", Data: btoa("x".repeat(1_048_577)) },
        ],
      },
    );
  },

  async "a partition key has 1 to 256 characters"(kinesis) {
    const StreamName = await kinesis.createStream();
    await kinesis.put(StreamName, "k".repeat(256));
    for (const PartitionKey of ["", "k".repeat(257)]) {
      await kinesis.fails(
        "ValidationException|InvalidArgumentException",
        "PutRecord",
        { StreamName, PartitionKey, Data: "" },
      );
    }
  },

  async "a stream that is not there is ResourceNotFoundException"(kinesis) {
    const StreamName = "nowhere";
    const ShardId = "shardId-000000000000";
    const type = "ResourceNotFoundException";
    await kinesis.fails(type, "DescribeStream", { StreamName });
    await kinesis.fails(type, "PutRecord", {
      StreamName,
      PartitionKey: "k",
      Data: "",
    });
    await kinesis.fails(type, "GetShardIterator", {
      StreamName,
      ShardId,
      ShardIteratorType: "LATEST",
    });
    const name = await kinesis.createStream();
    await kinesis.fails(type, "GetShardIterator", {
      StreamName: name,
      ShardId: "shardId-000000000007",
      ShardIteratorType: "LATEST",
    });
  },

  async "a stream that exists cannot be created, and one that was deleted is gone"(
    kinesis,
  ) {
    const StreamName = await kinesis.createStream();
    await kinesis.fails("ResourceInUseException", "CreateStream", {
      StreamName,
      ShardCount: 1,
    });
    await kinesis.ok("DeleteStream", { StreamName });
    for (let i = 0; i < 100; i++) {
      const { status } = await kinesis.call("DescribeStream", { StreamName });
      if (status !== 200) break;
      await delay(20);
    }
    await kinesis.fails("ResourceNotFoundException", "DescribeStream", {
      StreamName,
    });
  },

  async "reading starts at, after or before a record"(kinesis) {
    const name = await kinesis.createStream();
    let ShardId = "";
    const numbers: string[] = [];
    for (const key of ["a", "b", "c"]) {
      const put = await kinesis.put(name, key);
      numbers.push(put.SequenceNumber);
      ShardId = put.ShardId;
    }
    const read = async (ShardIteratorType: string, number?: string) => {
      const position = { ShardIteratorType, StartingSequenceNumber: number };
      return (await kinesis.read(name, ShardId, position)).keys.join("");
    };
    assertSame(await read("AT_SEQUENCE_NUMBER", numbers[1]), "bc");
    await delay(700);
    assertSame(await read("AFTER_SEQUENCE_NUMBER", numbers[1]), "c");
    await delay(700);
    assertSame(await read("LATEST"), "");
  },

  async "reading starts at a time"(kinesis) {
    const name = await kinesis.createStream();
    await kinesis.put(name, "a");
    await delay(50);
    const at = Date.now() / 1_000;
    await delay(50);
    const { ShardId } = await kinesis.put(name, "b");
    const position = { ShardIteratorType: "AT_TIMESTAMP", Timestamp: at };
    assertSame((await kinesis.read(name, ShardId, position)).keys, ["b"]);
  },

  async "reading at a time without later records waits for the next"(kinesis) {
    const name = await kinesis.createStream();
    const { ShardId } = await kinesis.put(name, "a");
    await delay(50);
    const position = {
      ShardIteratorType: "AT_TIMESTAMP",
      Timestamp: Date.now() / 1_000,
    };
    assertSame((await kinesis.read(name, ShardId, position)).keys, []);
  },

  async "a shard iterator that makes no sense is InvalidArgumentException"(
    kinesis,
  ) {
    await kinesis.fails("InvalidArgumentException", "GetRecords", {
      ShardIterator: "AAAA",
    });
  },

  async "MillisBehindLatest is measured to now"(kinesis) {
    const name = await kinesis.createStream();
    const { ShardId } = await kinesis.put(name, "a");
    await kinesis.put(name, "b");
    await delay(300);
    const { ShardIterator } = await kinesis.ok("GetShardIterator", {
      StreamName: name,
      ShardId,
      ShardIteratorType: "TRIM_HORIZON",
    });
    const page = await kinesis.ok("GetRecords", { ShardIterator, Limit: 1 });
    const { MillisBehindLatest: lag, NextShardIterator: next } = page;
    const rest = await kinesis.ok("GetRecords", { ShardIterator: next });
    // A slow machine stores "b" long after "a": that time does not count.
    const [first, second] = [page, rest].map(({ Records }) =>
      1000 * Records[0].ApproximateArrivalTimestamp
    );
    const least = Math.round(second! - first!) + 250;
    assertGreater(
      lag,
      least,
      `MillisBehindLatest is ${lag}, must be over ${least}`,
    );
  },

  async "a split closes the parent and opens two children"(kinesis) {
    const name = await kinesis.createStream();
    const [parent, lower, upper] = await split(kinesis, name);
    assert(parent!.SequenceNumberRange.EndingSequenceNumber);
    for (const child of [lower, upper]) {
      assertSame(child!.ParentShardId, parent!.ShardId);
      assertGreater(
        BigInt(child!.SequenceNumberRange.StartingSequenceNumber),
        BigInt(parent!.SequenceNumberRange.EndingSequenceNumber),
      );
    }
    assertSame(lower!.HashKeyRange.EndingHashKey, String(RING / 2n - 1n));
    assertSame(upper!.HashKeyRange.StartingHashKey, String(RING / 2n));
  },

  async "a merge closes both parents and opens one child"(kinesis) {
    const name = await kinesis.createStream(2);
    const [a, b] = await shardsOf(kinesis, name);
    await kinesis.ok("MergeShards", {
      StreamName: name,
      ShardToMerge: a!.ShardId,
      AdjacentShardToMerge: b!.ShardId,
    });
    const shards = await shardsOf(kinesis, name);
    assertSame(shards.length, 3);
    assert(shards[0]!.SequenceNumberRange.EndingSequenceNumber);
    assert(shards[1]!.SequenceNumberRange.EndingSequenceNumber);
    assertSame(shards[2]!.ParentShardId, a!.ShardId);
    assertSame(shards[2]!.AdjacentParentShardId, b!.ShardId);
  },

  async "a closed shard is read to its end"(kinesis) {
    const name = await kinesis.createStream();
    const { ShardId } = await kinesis.put(name, "a");
    await split(kinesis, name);
    await kinesis.put(name, "b");
    const { keys, last } = await kinesis.read(name, ShardId);
    assertSame(keys, ["a"]);
    assertSame(last.NextShardIterator ?? null, null);
  },

  async "the end of a shard names its children"(kinesis) {
    const name = await kinesis.createStream();
    const [parent, ...children] = await split(kinesis, name);
    const { last } = await kinesis.read(name, parent!.ShardId);
    assertSame(
      last.ChildShards?.map((child: Shard) => child.ShardId).sort(),
      children.map((child) => child.ShardId).sort(),
    );
    for (const { ParentShards } of last.ChildShards) {
      assertSame(ParentShards, [parent!.ShardId]);
    }
  },

  async "a stream can be named by its ARN"(kinesis) {
    const name = await kinesis.createStream();
    const StreamARN = await arnOf(kinesis, name);
    await kinesis.ok("PutRecord", { StreamARN, PartitionKey: "k", Data: "" });
    const { Shards } = await kinesis.ok("ListShards", { StreamARN });
    assertSame(Shards.length, 1);
  },

  async "ListShards pages with a token that stands alone"(kinesis) {
    const StreamName = await kinesis.createStream(3);
    const first = await kinesis.ok("ListShards", { StreamName, MaxResults: 2 });
    assertSame(first.Shards.length, 2);
    const { NextToken } = first;
    const second = await kinesis.ok("ListShards", { NextToken });
    assertSame(second.Shards.length, 1);
    assertSame(second.NextToken ?? null, null);
    await kinesis.fails("InvalidArgumentException", "ListShards", {
      StreamName,
      NextToken,
    });
  },

  async "ListShards shows the open shards, when it is filtered"(kinesis) {
    const name = await kinesis.createStream();
    const [, ...children] = await split(kinesis, name);
    const { Shards } = await kinesis.ok("ListShards", {
      StreamName: name,
      ShardFilter: { Type: "AT_LATEST" },
    });
    assertSame(
      Shards.map(({ ShardId }: Shard) => ShardId),
      children.map(({ ShardId }) => ShardId),
    );
  },

  async "UpdateShardCount leaves as many open shards as were asked for"(
    kinesis,
  ) {
    const StreamName = await kinesis.createStream(2);
    await kinesis.ok("UpdateShardCount", {
      StreamName,
      TargetShardCount: 4,
      ScalingType: "UNIFORM_SCALING",
    });
    const shards = await shardsOf(kinesis, StreamName);
    const open = shards.filter(({ SequenceNumberRange: range }) =>
      !range.EndingSequenceNumber
    );
    assertSame(open.length, 4);
    await kinesis.fails(
      "LimitExceededException|InvalidArgumentException",
      "UpdateShardCount",
      { StreamName, TargetShardCount: 9, ScalingType: "UNIFORM_SCALING" },
    );
  },

  async "tags are kept, listed and removed"(kinesis) {
    const StreamName = await kinesis.createStream();
    await kinesis.ok("AddTagsToStream", {
      StreamName,
      Tags: { a: "1", b: "2" },
    });
    await kinesis.ok("RemoveTagsFromStream", { StreamName, TagKeys: ["a"] });
    const { Tags } = await kinesis.ok("ListTagsForStream", { StreamName });
    assertSame(Tags, [{ Key: "b", Value: "2" }]);
  },

  async "the retention is 24 hours and can be raised"(kinesis) {
    const StreamName = await kinesis.createStream();
    const hours = async () =>
      (await kinesis.active(StreamName)).RetentionPeriodHours;
    assertSame(await hours(), 24);
    await kinesis.ok("IncreaseStreamRetentionPeriod", {
      StreamName,
      RetentionPeriodHours: 48,
    });
    assertSame(await hours(), 48);
    await kinesis.fails(
      "InvalidArgumentException",
      "DecreaseStreamRetentionPeriod",
      { StreamName, RetentionPeriodHours: 23 },
    );
  },

  async "a shard takes 1 MiB a second"(kinesis) {
    const StreamName = await kinesis.createStream();
    const Data = btoa("x".repeat(900_000));
    const { Records } = await kinesis.ok("PutRecords", {
      StreamName,
      Records: [1, 2, 3].map((PartitionKey) => ({
        PartitionKey: String(PartitionKey),
        Data,
      })),
    });
    const codes = Records.map(
      (record: { ErrorCode?: string }) => record.ErrorCode ?? "",
    );
    assert(
      codes.includes("ProvisionedThroughputExceededException"),
      "nothing was throttled",
    );
  },

  async "a shard answers 5 GetRecords a second"(kinesis) {
    const name = await kinesis.createStream();
    const { ShardId } = await kinesis.put(name, "a");
    const { ShardIterator } = await kinesis.ok("GetShardIterator", {
      StreamName: name,
      ShardId,
      ShardIteratorType: "TRIM_HORIZON",
    });
    const answers = await Promise.all(
      Array.from(
        { length: 10 },
        () => kinesis.call("GetRecords", { ShardIterator }),
      ),
    );
    assert(
      answers.some(({ body }) =>
        body.__type === "ProvisionedThroughputExceededException"
      ),
      "nothing was throttled",
    );
  },

  async "a wrong signature is refused"(kinesis) {
    const { status, body } = await kinesis.call("ListStreams", {}, {
      secret: "wrong",
    });
    assertSame(
      [status, body.__type],
      [400, "InvalidSignatureException"],
      "signature was not refused",
    );
  },

  async "CBOR is taken and answered with byte strings"(kinesis) {
    const StreamName = await kinesis.createStream();
    const Data = new Uint8Array([0, 127, 128, 255]);
    const cbor = { protocol: "cbor" } as const;
    const { ShardId } = await kinesis.ok("PutRecord", {
      StreamName,
      PartitionKey: "k",
      Data,
    }, cbor);
    const { ShardIterator } = await kinesis.ok("GetShardIterator", {
      StreamName,
      ShardId,
      ShardIteratorType: "TRIM_HORIZON",
    }, cbor);
    const { Records: [record] } = await kinesis.ok("GetRecords", {
      ShardIterator,
    }, cbor);
    assert(record.Data instanceof Uint8Array, "Data is no byte string");
    assertSame([...record.Data], [...Data]);
  },

  async "consumers are registered, listed and deregistered"(kinesis) {
    const name = await kinesis.createStream();
    const ConsumerARN = await register(kinesis, name);
    const StreamARN = await arnOf(kinesis, name);
    await kinesis.fails("ResourceInUseException", "RegisterStreamConsumer", {
      StreamARN,
      ConsumerName: "c",
    });
    const { Consumers } = await kinesis.ok("ListStreamConsumers", {
      StreamARN,
    });
    assertSame(Consumers.length, 1);
    assertSame(Consumers[0].ConsumerARN, ConsumerARN);
    await kinesis.ok("DeregisterStreamConsumer", { ConsumerARN });
  },

  async "SubscribeToShard sends records as events"(kinesis) {
    const name = await kinesis.createStream();
    const ConsumerARN = await register(kinesis, name);
    const { ShardId, SequenceNumber } = await kinesis.put(name, "a");
    const { events } = await kinesis.subscribe({
      ConsumerARN,
      ShardId,
      StartingPosition: { Type: "TRIM_HORIZON" },
    }, ({ body }) => body.Records?.length > 0);
    const { body } = events.at(-1)!;
    assertSame(body.Records[0].SequenceNumber, SequenceNumber);
    assertSame(body.ContinuationSequenceNumber, SequenceNumber);
  },

  async "SubscribeToShard begins with initial-response"(kinesis) {
    const name = await kinesis.createStream();
    const ConsumerARN = await register(kinesis, name);
    const { ShardId } = await kinesis.put(name, "a");
    const { events } = await kinesis.subscribe({
      ConsumerARN,
      ShardId,
      StartingPosition: { Type: "TRIM_HORIZON" },
    }, () => true);
    assertSame(events[0]?.kind, "initial-response");
  },

  async "SubscribeToShard refuses a bad request with status 400"(kinesis) {
    const name = await kinesis.createStream();
    const ConsumerARN = await register(kinesis, name);
    const { status } = await kinesis.subscribe({
      ConsumerARN,
      ShardId: "shardId-000000000007",
      StartingPosition: { Type: "LATEST" },
    }, () => true);
    assertSame(status, 400);
  },

  async "SubscribeToShard ends a closed shard with its children"(kinesis) {
    const name = await kinesis.createStream();
    const ConsumerARN = await register(kinesis, name);
    const [parent, ...children] = await split(kinesis, name);
    const { events } = await kinesis.subscribe({
      ConsumerARN,
      ShardId: parent!.ShardId,
      StartingPosition: { Type: "TRIM_HORIZON" },
    }, ({ body }) => body.ChildShards?.length > 0);
    assertSame(
      events.at(-1)?.body.ChildShards?.length,
      children.length,
      "children were not named",
    );
  },
};

/** All behaviours. */
export const behaviours: readonly Behaviour[] = Object.entries(checks)
  .map(([id, check]) => ({ id, check }));
