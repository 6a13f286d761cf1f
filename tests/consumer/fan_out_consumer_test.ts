/** The registered consumer that shards are read through, and the option that names it. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer, type FanOutOptions } from "../../consumer.ts";
import { KinesisError, ServiceError } from "../../errors.ts";
import { json } from "../../processors/mod.ts";
import type { FaultRule } from "../../testing/mod.ts";
import { CONSUMER, FanOutWorld } from "./_fan_out_world.ts";
import { assertComplete, values } from "./_world.ts";

const MINUTE_MS = 60_000;
const TRANSITION_MS = 20_000;

function slow(rules: FaultRule[] = []): FanOutWorld {
  return new FanOutWorld({ rules, server: { transitionMs: TRANSITION_MS } });
}

Deno.test("Consumer with fanOut waits until its consumer is ACTIVE", async () => {
  const world = slow();
  await world.pass(TRANSITION_MS);
  const before = world.clock.now();
  const consumer = world.fanOut();
  await world.run(consumer.ready);
  const waited = world.clock.now() - before;
  assert(
    waited >= TRANSITION_MS && waited <= TRANSITION_MS + 6000,
    `${waited}`,
  );
  assertEquals(world.asked("RegisterStreamConsumer"), 1);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut registers anew when the consumer of its name is being deleted", async () => {
  const world = slow();
  const client = world.fanOutClient();
  const consumer = { StreamARN: world.streamARN, ConsumerName: CONSUMER };
  await client.registerStreamConsumer(consumer);
  await world.pass(TRANSITION_MS);
  await client.deregisterStreamConsumer(consumer);
  await world.put(5);
  const records = await world.drain(
    world.fanOut({ client, until: "caught-up" }),
  );
  assertComplete(values(records), world.written);
  assertEquals(world.asked("RegisterStreamConsumer"), 2);
});

Deno.test("Consumer with fanOut shares one registration among workers that start together", async () => {
  const world = slow();
  const { checkpointer } = world;
  const consumers = Array.from(
    { length: 4 },
    () => world.fanOut({ checkpointer }),
  );
  await world.run(Promise.all(consumers.map((it) => it.ready)));
  const { Consumers } = await world.fanOutClient().listStreamConsumers({
    StreamARN: world.streamARN,
  });
  assertEquals(Consumers?.length, 1);
  await world.run(Promise.all(consumers.map((it) => it.close())));
});

Deno.test("Consumer with fanOut waits while 5 other consumers are being created", async () => {
  const world = slow();
  const client = world.fanOutClient();
  for (let n = 0; n < 5; n++) {
    await client.registerStreamConsumer({
      StreamARN: world.streamARN,
      ConsumerName: `other-${n}`,
    });
  }
  const consumer = world.fanOut({ client });
  await world.run(consumer.ready);
  await world.run(consumer.close());
});

Deno.test("Consumer with fanOut says that the stream has all its consumers after a minute, or polls", async () => {
  const world = new FanOutWorld();
  const client = world.fanOutClient();
  for (let n = 0; n < 20; n++) {
    await client.registerStreamConsumer({
      StreamARN: world.streamARN,
      ConsumerName: `other-${n}`,
    });
  }
  await world.put(10);
  const before = world.clock.now();
  const error = await assertRejects(
    () => world.drain(world.fanOut({ client })),
    KinesisError,
  );
  assertEquals(error.code, "NoFreeConsumer");
  assert(world.clock.now() - before <= MINUTE_MS);
  const polling = world.fanOut({
    client,
    until: "caught-up",
    fanOut: { consumerName: CONSUMER, fallback: "polling" },
  });
  assertComplete(values(await world.drain(polling)), world.written);
});

Deno.test("Consumer with fanOut gives up when its consumer is not ACTIVE after 5 minutes", async () => {
  const world = new FanOutWorld({ server: { transitionMs: 3_600_000 } });
  await world.pass(3_600_000);
  const before = world.clock.now();
  const error = await assertRejects(
    () => world.drain(world.fanOut()),
    KinesisError,
  );
  assertEquals(error.code, "ConsumerNotReady");
  assert(world.clock.now() - before <= 5 * MINUTE_MS);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer with fanOut stops to wait for its consumer when it is closed", async () => {
  const world = new FanOutWorld({ server: { transitionMs: 3_600_000 } });
  await world.pass(3_600_000);
  const consumer = world.fanOut();
  consumer.ready.catch(() => {});
  await world.pass(10_000);
  await world.run(consumer.close(), 1000);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer with fanOut reads through a consumer that is given by its ARN, and fails without it", async () => {
  const world = new FanOutWorld();
  const client = world.fanOutClient();
  const { Consumer: { ConsumerARN: consumerARN } } = await client
    .registerStreamConsumer({
      StreamARN: world.streamARN,
      ConsumerName: CONSUMER,
    });
  await world.put(5);
  const records = await world.drain(
    world.fanOut({ client, until: "caught-up", fanOut: { consumerARN } }),
  );
  assertComplete(values(records), world.written);
  assertEquals(world.asked("DescribeStreamSummary"), 0);
  const error = await assertRejects(
    () =>
      world.drain(
        world.fanOut({
          fanOut: { consumerARN: consumerARN.replace(/\d+$/, "1") },
        }),
      ),
    KinesisError,
  );
  assertEquals(error.code, "ConsumerNotFound");
});

Deno.test("Consumer with fanOut tries again when looking for its consumer fails, and stops when it is denied", async () => {
  const actions = [
    "DescribeStreamSummary",
    "DescribeStreamConsumer",
    "RegisterStreamConsumer",
  ];
  for (const action of actions) {
    const world = new FanOutWorld({
      rules: [{
        action,
        fault: { type: "error", code: "InternalFailure" },
        times: 2,
      }],
    });
    const consumer = world.fanOut();
    await world.run(consumer.ready);
    assertEquals(world.errors.length, 2);
    await world.run(consumer.close());
    const denied = new FanOutWorld({
      rules: [{
        action,
        fault: { type: "error", code: "AccessDeniedException", status: 400 },
      }],
    });
    const error = await assertRejects(
      () => denied.drain(denied.fanOut()),
      ServiceError,
    );
    assertEquals(error.code, "AccessDeniedException");
    assertEquals(denied.fetch.counts.error, 1);
  }
});

Deno.test("Consumer with fanOut refuses a stallTimeoutMs in which an idle subscription brings no event", () => {
  const make = (stallTimeoutMs: number) => () =>
    new Consumer({
      client: new KinesisClient({ region: "eu-west-1" }),
      streamName: "orders",
      processor: json(),
      fanOut: { consumerName: "app" },
      stallTimeoutMs,
    });
  assertThrows(
    make(9999),
    RangeError,
    "Cannot create Consumer as 'stallTimeoutMs' must be 10000 or more with 'fanOut', because an idle " +
      "shard has an event every 5 seconds: current value is 9999",
  );
  make(10_000)();
});

Deno.test("Consumer refuses a wrong option fanOut", () => {
  const client = new KinesisClient({ region: "eu-west-1" });
  const make =
    (fanOut: unknown, other: object = { streamName: "orders" }) => () =>
      new Consumer({
        client,
        processor: json(),
        fanOut: fanOut as FanOutOptions,
        ...other,
      });
  const of = (stream: string) =>
    `arn:aws:kinesis:eu-west-1:123456789012:stream/${stream}/consumer/app:1`;
  const streamARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";
  make({ consumerName: "app" })();
  make({ consumerARN: of("orders") })();
  make({ consumerARN: of("orders") }, { streamARN })();
  for (
    const [fanOut, message] of [
      [true, "'fanOut' must be an object"],
      [{}, "exactly one of consumerName and consumerARN"],
      [
        { consumerName: "app", consumerARN: of("orders") },
        "exactly one of consumerName and consumerARN",
      ],
      [{ consumer: "app" }, "it has 'consumer'"],
      [{ consumerName: "" }, "'fanOut.consumerName' must be 1 to 128"],
      [{ consumerName: "a b" }, "'fanOut.consumerName' must be 1 to 128"],
      [{ consumerARN: streamARN }, "must be the ARN of a consumer"],
      [{ consumerARN: of("others") }, "a consumer of the stream orders"],
      [{ consumerName: "app", fallback: "poll" }, "'fanOut.fallback' must be"],
    ] as const
  ) assertThrows(make(fanOut), TypeError, message);
  const bare = {
    describeStream: () => {},
    getRecords: () => {},
    getShardIterator: () => {},
    listAllShards: () => {},
  };
  assertThrows(
    make({ consumerName: "app" }, { streamName: "orders", client: bare }),
    TypeError,
    "'client' must be an object with the methods subscribeToShard",
  );
});
