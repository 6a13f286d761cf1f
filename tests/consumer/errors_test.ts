import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { Consumer, type ConsumerOptions } from "../../consumer.ts";
import { ClosedError, DecodeError, ServiceError } from "../../errors.ts";
import { assertComplete, type Item, STREAM, values, World } from "./_world.ts";

Deno.test("Consumer reads the other shards while one is throttled, and fails after maxFailuresInARow", async () => {
  const throttled = "shardId-000000000001";
  const world = new World({
    shards: 3,
    rules: [{
      action: "GetRecords",
      shardId: throttled,
      fault: { type: "throttle" },
    }],
  });
  await world.put(60, { keys: [..."abcdefgh"] });
  const others =
    world.server.records(STREAM).filter(({ shardId }) => shardId !== throttled)
      .length;
  const consumer = world.consumer({ maxFailuresInARow: 4 });
  const reader = consumer.getReader();
  const started = world.clock.now();
  assertEquals((await world.read(reader, others)).length, others);
  assert(world.clock.now() - started < 2000);
  const error = await assertRejects(
    () => world.run(reader.read()),
    ServiceError,
  );
  assert(error.throttled);
  assertEquals(world.fetch.counts.throttle, 4);
  assertEquals(world.errors.length, 3);
});

Deno.test("Consumer stops at once when access is denied", async () => {
  for (const action of ["ListShards", "GetShardIterator", "GetRecords"]) {
    const world = new World({
      rules: [{
        action,
        fault: { type: "error", code: "AccessDeniedException", status: 400 },
      }],
    });
    const error = await assertRejects(
      () => world.drain(world.consumer()),
      ServiceError,
    );
    assertEquals(error.code, "AccessDeniedException");
    assertEquals(world.fetch.counts.error, 1);
    assertEquals(world.clock.pendingTimers, 0);
  }
});

Deno.test("Consumer tries again when one call fails", async () => {
  for (const action of ["ListShards", "GetShardIterator", "GetRecords"]) {
    for (
      const fault of [
        { type: "error", code: "InternalFailure", status: 500 },
        { type: "reset", when: "after" },
        { type: "cut", afterBytes: 25 },
        { type: "throttle" },
      ] as const
    ) {
      const world = new World({
        shards: 2,
        rules: [{ action, fault, times: 1 }],
      });
      await world.put(20);
      const records = await world.drain(
        world.consumer({ until: "caught-up" }),
      );
      assertComplete(values(records), world.written);
      assertEquals(world.fetch.counts[fault.type], 1);
    }
  }
});

Deno.test("Consumer takes an answer without records for damaged, not for the end of the shard", async () => {
  const world = new World();
  await world.put(10);
  let damaged = 0;
  const consumer = world.consumer({
    until: "caught-up",
    client: world.client((fetch) => async (input, init) => {
      const target = new Headers(init?.headers).get("x-amz-target");
      if (target?.endsWith("GetRecords") && damaged++ < 2) {
        return new Response("{}");
      }
      return await fetch(input, init);
    }),
  });
  assertComplete(values(await world.drain(consumer)), world.written);
  assertEquals(damaged > 2, true);
});

Deno.test("Consumer waits as long as an error asks, on listing and on reading", async () => {
  for (const action of ["ListShards", "GetShardIterator", "GetRecords"]) {
    const world = new World({
      rules: [{
        action,
        times: 1,
        fault: { type: "throttle", retryAfterMs: 42_000 },
      }],
    });
    await world.put(1);
    const pauses: number[] = [];
    const started = world.clock.now();
    const consumer = world.consumer({
      until: "caught-up",
      hooks: {
        onReadError: ({ retryDelayMs }) => void pauses.push(retryDelayMs),
      },
    });
    await world.drain(consumer);
    assertEquals(pauses, [42_000], action);
    assert(world.clock.now() - started >= 42_000, action);
  }
});

Deno.test("Consumer fails when the stream is deleted while it reads", async () => {
  const world = new World();
  await world.put(3);
  const consumer = world.consumer();
  const reader = consumer.getReader();
  await world.read(reader, 3);
  const next = reader.read();
  world.server.close();
  const error = await assertRejects(() => world.run(next), ServiceError);
  assertEquals(error.code, "ResourceNotFoundException");
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer goes on when the checkpointer fails at first", async () => {
  const world = new World();
  await world.put(10);
  const checkpointer = new MemoryCheckpointer();
  const list = checkpointer.list.bind(checkpointer);
  let calls = 0;
  checkpointer.list = (...given) =>
    calls++ < 3 ? Promise.reject(new Error("no route")) : list(...given);
  const records = await world.drain(
    world.consumer({ until: "caught-up", checkpointer }),
  );
  assertEquals(records.length, 10);
  assertEquals(world.errors.map(String), Array(3).fill("Error: no route"));
});

Deno.test("Consumer goes on when the checkpointer hangs once, and closes while it hangs", async () => {
  const world = new World();
  await world.put(10);
  const checkpointer = new MemoryCheckpointer();
  const list = checkpointer.list.bind(checkpointer);
  let calls = 0;
  let hangs = true;
  checkpointer.list = (...given) =>
    calls++ < 1 || !hangs ? new Promise(() => {}) : list(...given);
  const consumer = world.consumer({ checkpointer });
  const reader = consumer.getReader();
  assertEquals((await world.read(reader, 10)).length, 10);
  hangs = false;
  await world.pass(6000);
  await world.run(consumer.close(), 1000);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer fails at a record that cannot be decoded, and comes back to it", async () => {
  const world = new World();
  const [shardId] = world.shardIds as [string];
  await world.put(3);
  await world.putRaw("no json\n", shardId);
  await world.put(3);
  const checkpointer = new MemoryCheckpointer();
  for (const expected of [3, 0]) {
    const items: Item[] = [];
    const error = await assertRejects(
      () =>
        world.run((async () => {
          for await (const { value } of world.consumer({ checkpointer })) {
            items.push(value);
          }
        })()),
      DecodeError,
    );
    assertEquals(items.length, expected);
    assertEquals(new TextDecoder().decode(error.record.data), "no json\n");
  }
});

Deno.test("Consumer skips what cannot be decoded, inside a record too", async () => {
  const world = new World();
  const [shardId] = world.shardIds as [string];
  await world.put(2);
  await world.putRaw(
    '{"key":"x","i":0}\nno json\n{"key":"x","i":1}\n',
    shardId,
  );
  await world.putRaw("no json\n", shardId);
  await world.put(2);
  const checkpointer = new MemoryCheckpointer();
  const options = {
    onPoison: "skip",
    until: "caught-up",
    checkpointer,
  } as const;
  assertEquals((await world.drain(world.consumer(options))).length, 6);
  assertEquals((await world.drain(world.consumer(options))).length, 0);
});

Deno.test("Consumer fails if the function 'onPoison' returns a misspelled decision", async () => {
  for (const decision of ["fial", Promise.resolve("retrun")]) {
    const world = new World();
    await world.putRaw("{", world.shardIds[0]!);
    const consumer = world.consumer({ onPoison: () => decision });
    await assertRejects(
      () => world.drain(consumer),
      TypeError,
      'must return "fail", "skip" or no text',
    );
  }
});

Deno.test("Consumer accepts any other value that the function 'onPoison' returns", async () => {
  for (const returned of [7, 0, null, { then: 1 }]) {
    const world = new World();
    const [shardId] = world.shardIds as [string];
    await world.putRaw("no json\n", shardId);
    await world.put(2);
    const consumer = world.consumer({
      until: "caught-up",
      onPoison: () => returned,
    });
    assertEquals((await world.drain(consumer)).length, 2);
    assertEquals(consumer.status().unacknowledged, 0);
  }
});

Deno.test("Consumer fails with the DecodeError if the function 'onPoison' returns \"fail\"", async () => {
  for (const decision of ["fail", Promise.resolve("fail")]) {
    const world = new World();
    await world.put(1);
    await world.putRaw("{", world.shardIds[0]!);
    const checkpointer = new MemoryCheckpointer();
    const options = { checkpointer, onPoison: () => decision };
    for (let run = 0; run < 2; run++) {
      await assertRejects(
        () => world.drain(world.consumer(options)),
        DecodeError,
      );
    }
  }
});

Deno.test("Consumer waits for the function 'onPoison', and other shards go on", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  await world.putRaw("no json\n", a);
  await world.put(1, { keys: ["behind"], shardId: a });
  await world.put(5, { keys: ["other"], shardId: b });
  const reported: DecodeError[] = [];
  let release = () => {};
  const consumer = world.consumer({
    onPoison(error) {
      reported.push(error);
      return new Promise<void>((resolve) => release = resolve);
    },
  });
  const reader = consumer.getReader();
  const others = values(await world.read(reader, 5));
  assertEquals(others.map(({ key }) => key), Array(5).fill("other"));
  const next = reader.read();
  await world.pass(10_000);
  assertEquals(reported.length, 1);
  release();
  assertEquals((await world.run(next)).value?.value.key, "behind");
  await world.run(consumer.close());
});

Deno.test("Consumer fails with the error that the function 'onPoison' throws", async () => {
  const world = new World();
  await world.putRaw("no json\n", world.shardIds[0]!);
  for (
    const onPoison of [
      () => Promise.reject(new Error("no dead letters")),
      () => {
        throw new Error("no dead letters");
      },
    ]
  ) {
    await assertRejects(
      () => world.drain(world.consumer({ onPoison })),
      Error,
      "no dead letters",
    );
  }
});

Deno.test("Consumer fails with the reason of its signal", async () => {
  const world = new World();
  await world.put(3);
  const controller = new AbortController();
  const consumer = world.consumer({ signal: controller.signal });
  const reader = consumer.getReader();
  await world.read(reader, 3);
  const next = reader.read();
  await world.pass(100);
  const reason = new Error("enough");
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => world.run(next)), reason);
  await world.pass(0);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer fails with the reason of a signal that has aborted before", async () => {
  const world = new World();
  const reason = new Error("enough");
  const consumer = world.consumer({ signal: AbortSignal.abort(reason) });
  const failure = await assertRejects(() => world.drain(consumer));
  assertStrictEquals(failure, reason);
  await assertRejects(() => consumer.ready);
  assertEquals(world.server.log.length, 0);
});

Deno.test("Consumer.close ends a pending read and leaves nothing behind", async () => {
  const world = new World({ shards: 2 });
  const consumer = world.consumer();
  const reader = consumer.getReader();
  const reading = reader.read();
  await world.pass(3000);
  await world.run(consumer.close());
  assertEquals((await reading).done, true);
  assertEquals(world.clock.pendingTimers, 0);
  await consumer.close();
});

Deno.test("Consumer.close works before anything was read, and for await using", async () => {
  const world = new World();
  await world.consumer().close();
  const consumer = world.consumer();
  await consumer[Symbol.asyncDispose]();
  assertEquals(await world.drain(consumer), []);
  assertEquals(world.server.log.length, 0);
});

Deno.test("Consumer.cancel stops reading and stores what was acknowledged", async () => {
  const world = new World();
  await world.put(5);
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ checkpointer });
  const reader = consumer.getReader();
  const [first, second] = await world.read(reader, 3);
  first!.ack();
  second!.ack();
  await world.run(reader.cancel());
  assertEquals(world.clock.pendingTimers, 0);
  const rest = await world.drain(
    world.consumer({ until: "caught-up", checkpointer }),
  );
  assertEquals(rest.length, 3);
});

const endings: Record<string, (consumer: Consumer<Item>) => Promise<unknown>> =
  {
    "cancel()": (consumer) => consumer.cancel(),
    "close()": (consumer) => consumer.close(),
    "idleTimeoutMs": (consumer) => consumer.getReader().read(),
  };

for (const [name, end] of Object.entries(endings)) {
  Deno.test(`Consumer.ready rejects with a ClosedError after ${name}`, async () => {
    const world = new World();
    // The service gives no iterator for a time in the future, so no shard is ready.
    const from = new Date(world.clock.now() + 3_600_000);
    const consumer = world.consumer({ from, idleTimeoutMs: 1000 });
    const failing = assertRejects(() => consumer.ready, ClosedError);
    await world.run(end(consumer));
    await failing;
  });
}

Deno.test("Consumer fails at once with a RangeError of its client, which no time mends", async () => {
  const world = new World();
  const client = world.client();
  client.listAllShards = () => {
    throw new RangeError("Invalid time value");
  };
  const start = world.clock.now();
  await assertRejects(
    () => world.drain(world.consumer({ client })),
    RangeError,
    "Invalid time value",
  );
  assertEquals(world.clock.now(), start);
});

Deno.test("Consumer refuses options that are out of range", () => {
  const world = new World();
  const cases: [object, string][] = [
    [{ limit: 0 }, "'limit' must be an integer 1 or more: current value is 0"],
    [{ readsPerSecond: NaN }, "'readsPerSecond' must be"],
    [
      { pollIntervalMs: Infinity },
      "'pollIntervalMs' must be from 1 to 2147483647",
    ],
    [
      { idleTimeoutMs: 2 ** 31 },
      "'idleTimeoutMs' must be from 1 to 2147483647",
    ],
    [{ acknowledgeTimeoutMs: 0 }, "'acknowledgeTimeoutMs' must be from 1 to"],
    [{ prefetch: { records: 0 } }, "'prefetch.records' must be 1 or more"],
    [{ until: "never" }, "'until' must be"],
    [{ from: "LAST" }, "'from' must be"],
    [{ from: new Date(NaN) }, "'from' must be"],
    [
      { from: { s: { type: "SHARD_END" } } },
      `'from["s"]' must be a position with one of the types TRIM_HORIZON,`,
    ],
    [{ onPoison: "ignore" }, "'onPoison' must be"],
    [{ workerId: "" }, "'workerId' must be"],
    [{ client: {} }, "'client' must be an object with the methods"],
    [{ streamName: undefined }, "exactly one of 'streamName' and 'streamARN'"],
    [{ processor: undefined }, "'processor' must be"],
    [{ limit: 1.5 }, "'limit' must be an integer"],
    [{ streamName: undefined, streamARN: "s" }, "the ARN of a stream"],
    [{
      streamName: undefined,
      streamARN: "arn:aws:sqs:us-east-1:123456789012:orders",
    }, "the ARN of a stream"],
    ...[MemoryCheckpointer, {}, null, "file.db", Promise.resolve()].map((
      checkpointer,
    ): [object, string] => [
      { checkpointer },
      "'checkpointer' must be an object with the methods list, create,",
    ]),
    ...[new Map(), [], 5, Promise.resolve()].map((from): [object, string] => [
      { from },
      "'from' must be",
    ]),
    ...[{}, { sequenceNumber: 5 }, { sequenceNumber: "abc" }].flatMap((
      position,
    ): [object, string][] =>
      ["SEQUENCE", "AT_SEQUENCE_NUMBER"].map((type) => [
        { from: { s: { type, ...position } } },
        `'from["s"].sequenceNumber' must be a text of decimal digits`,
      ])
    ),
    [
      {
        from: {
          s: { type: "SEQUENCE", sequenceNumber: "1", subSequenceNumber: -1 },
        },
      },
      `'from["s"].subSequenceNumber' must be an integer 0 or more`,
    ],
    ...[undefined, "2024-01-01", 1_600_000_000_000, new Date(NaN)].map((
      timestamp,
    ): [object, string] => [
      { from: { s: { type: "AT_TIMESTAMP", timestamp } } },
      `'from["s"].timestamp' must be a valid Date`,
    ]),
    [{ from: { s: "LATEST" } }, `'from["s"]' must be a position`],
    [{ prefetch: 100 }, "'prefetch' must be an object"],
    [{ prefetch: null }, "'prefetch' must be an object"],
    [{ prefetch: { record: 5 } }, "no other fields than records, bytes"],
    [{ hooks: () => {} }, "'hooks' must be an object"],
    [{ hooks: { onRead: 5 } }, "'hooks.onRead' must be a function"],
    [{ signal: new AbortController() }, "'signal' must be an object with"],
    [{ clock: null }, "'clock' must be an object with the methods now,"],
    [{ random: 0.5 }, "'random' must be a function"],
  ];
  assertThrows(
    () => new Consumer(undefined as unknown as ConsumerOptions<Item>),
    TypeError,
    "Cannot create Consumer as 'options' must be an object",
  );
  for (const [options, message] of cases) {
    assertThrows(() => world.consumer(options), Error, message);
  }
});
