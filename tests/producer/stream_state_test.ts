/** Streams that cannot be used right now, and servers that answer less than AWS does. */
import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { PutRecordsResponse, StreamStatus } from "../../client/mod.ts";
import {
  DeliveryError,
  InvalidRecordError,
  KinesisError,
} from "../../errors.ts";
import { jsonLines, kplJson, string } from "../../processors/mod.ts";
import { Producer, type ProducerOptions } from "../../producer.ts";
import { answered, FakeClock, setUpProducer, StubKinesis } from "./_set_up.ts";

function setUp(options: Partial<ProducerOptions<string>> = {}) {
  return setUpProducer<string>({
    processor: string(),
    ...options,
  });
}

const MISSING = "ResourceNotFoundException";
const BUSY = "ResourceInUseException";

/** Lets a stream be in a state until a time, in milliseconds from now. */
function stateUntil(
  { clock, client }: ReturnType<typeof setUp>,
  ms: number,
  status: StreamStatus,
) {
  const end = clock.now() + ms;
  const isOver = () => clock.now() >= end;
  client.onStatus = () => isOver() ? "ACTIVE" : status;
  client.onList = () => {
    if (!isOver() && status === "CREATING") throw answered(BUSY, "ListShards");
  };
  client.onPut = () => {
    if (!isOver()) throw answered(MISSING);
    return undefined;
  };
}

Deno.test("Producer waits for a stream that is being made, updated, or deleted and made again", async () => {
  for (const status of ["CREATING", "UPDATING", "DELETING"] as const) {
    for (const processor of [string(), kplJson<string>()]) {
      const all = setUp({ processor });
      stateUntil(all, 20_000, status);
      const { attempts } = await all.clock.runUntil(all.producer.put("a"));
      assertEquals(attempts > 1, status !== "CREATING");
      await all.producer.close();
    }
  }
});

Deno.test("Producer survives that its stream is deleted and made again while it works", async () => {
  const { clock, client, producer } = setUp();
  await clock.runUntil(producer.put("before"));
  const start = clock.now();
  const elapsed = () => clock.now() - start;
  client.onStatus = () => {
    if (elapsed() < 4000) return "DELETING";
    if (elapsed() < 8000) throw answered(MISSING, "DescribeStreamSummary");
    return elapsed() < 12_000 ? "CREATING" : "ACTIVE";
  };
  client.onPut = () => {
    if (elapsed() < 12_000) throw answered(MISSING);
    return undefined;
  };
  await clock.runUntil(producer.put("after"));
  assertEquals(client.texts, ["before", "after"]);
  await producer.close();
});

Deno.test("Producer fails at once for a stream that does not exist, or that it may not look at", async () => {
  for (const code of [MISSING, "AccessDeniedException"]) {
    const { clock, client, producer } = setUp();
    client.onStatus = () => {
      throw answered(code, "DescribeStreamSummary");
    };
    client.onPut = () => {
      throw answered(MISSING);
    };
    const started = clock.now();
    const error = await assertRejects(
      () => clock.runUntil(producer.put("a")),
      DeliveryError,
    );
    assertEquals([error.code, error.retryable], [MISSING, false]);
    assertEquals(clock.now() - started <= 100, true);
  }
});

Deno.test("Producer with createStream waits until a stream of that name is deleted, and for one that another producer makes", async () => {
  const { clock, client, producer } = setUp({
    createStream: { shardCount: 1 },
  });
  const start = clock.now();
  const elapsed = () => clock.now() - start;
  let created = 0;
  client.onStatus = () => {
    if (elapsed() < 5000) return "DELETING";
    if (created === 0) throw answered(MISSING, "DescribeStreamSummary");
    return elapsed() < 20_000 ? "CREATING" : "ACTIVE";
  };
  client.onCreate = () => {
    created++;
    throw answered(BUSY, "CreateStream");
  };
  client.onPut = () => {
    if (elapsed() < 20_000) throw answered(MISSING);
    return undefined;
  };
  await clock.runUntil(producer.put("a"));
  assertEquals([created, client.texts], [1, ["a"]]);
  await producer.close();

  // It can be written to while it is resharded, which may take minutes.
  const updating = setUp({ createStream: { shardCount: 1 } });
  updating.client.onStatus = () => "UPDATING";
  await updating.clock.runUntil(updating.producer.put("a"), 1000);
  await updating.producer.close();
});

Deno.test("Producer works without a shard map where the server cannot list shards", async () => {
  for (const processor of [string(), kplJson<string>()]) {
    for (const ordering of ["none", "key", "shard"] as const) {
      const { clock, client, producer } = setUp({ processor, ordering });
      client.onList = () => {
        throw answered("UnknownOperationException", "ListShards");
      };
      const puts = ["a", "b", "c"].map((text) =>
        producer.put(text, { partitionKey: text })
      );
      await clock.runUntil(Promise.all(puts));
      assertEquals(client.stored.length, 3);
      await producer.close();
    }
  }
});

Deno.test("Producer counts a record with a sequence number as stored, for any other fields", async () => {
  const oddities: Record<string, unknown>[] = [
    { ErrorCode: "", ErrorMessage: "" },
    { ErrorCode: null, ErrorMessage: null },
    { ShardId: undefined },
    { ShardId: null, ErrorCode: null },
    { ShardId: "" },
  ];
  for (const processor of [string(), jsonLines<string>(), kplJson<string>()]) {
    for (const odd of oddities) {
      const { clock, client, producer } = setUp({ processor });
      await clock.runUntil(producer.put("first"));
      client.onPut = (request) =>
        ({
          Records: client.storeAll(request).Records.map((entry) => ({
            ...entry,
            ...odd,
          })),
        }) as unknown as PutRecordsResponse;
      const puts = ["a", "b"].map((text) =>
        producer.put(text, { partitionKey: "k" })
      );
      const started = clock.now();
      const receipts = await clock.runUntil(Promise.all(puts));
      assertEquals(clock.now() - started <= 200, true);
      assertEquals(receipts.map(({ shardId }) => shardId), [
        "shardId-000000000000",
        "shardId-000000000000",
      ]);
      await producer.close();
    }
  }
});

Deno.test("Producer sends a record again whose result is missing, or has neither code nor sequence number", async () => {
  for (const odd of [null, undefined, {}, { ErrorCode: "" }]) {
    const { clock, client, producer } = setUp();
    client.onPut = (_, n) => n === 0 ? { Records: [odd as never] } : undefined;
    const { attempts } = await clock.runUntil(producer.put("a"));
    assertEquals(attempts, 2);
    await producer.close();
  }
});

Deno.test("Producer names the field that is missing as the partition key, and the fields that there are", async () => {
  interface Order {
    userId?: unknown;
  }
  const clock = new FakeClock();
  const producer = new Producer<Order>({
    client: new StubKinesis(clock),
    streamName: "s",
    processor: jsonLines<Order>(),
    partitionKey: "userId",
    clock,
  });
  const many = Object.fromEntries(
    Array.from({ length: 13 }, (_, i) => [`field${i}`, i]),
  );
  for (
    const [value, text] of [
      [{ userid: 1, total: 2 }, "is missing: the value has 'userid', 'total'"],
      [{}, "is missing: the value has no fields"],
      [many, "'field9' and 3 more"],
      [null, "is missing: the value is null"],
      ["text", "is missing: the value is of type string"],
      [{ userId: null }, "is null"],
      [{ userId: {} }, "is of type object"],
    ] as const
  ) {
    const error = await assertRejects(
      () => producer.put(value as unknown as Order),
      InvalidRecordError,
    );
    assertEquals(error.code, "InvalidPartitionKey");
    assertStringIncludes(error.message, "the field 'userId'");
    assertStringIncludes(error.message, text);
  }
  const put = producer.put({ userId: 7 });
  await clock.runUntil(put);
  const failing = await producer.putAll([{ other: 1 } as Order])
    .catch((error) => error);
  assertInstanceOf(failing, KinesisError);
  assertStringIncludes(failing.message, "'other'");
  await producer.close();
});
