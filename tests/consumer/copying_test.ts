/** Consumers that are piped into a sink that accepts records before it stores them. */
import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import {
  type DurableSink,
  type DurableWrite,
  writeDurably,
} from "../../durable_sink.ts";
import { DeliveryError, KinesisError } from "../../errors.ts";
import { json } from "../../processors/mod.ts";
import { Producer, type ProducerOptions } from "../../producer.ts";
import type { ConsumerRecord, FailedValue } from "../../records.ts";
import {
  accessDenied,
  seeded,
  StubKinesis,
} from "../producer/_stub_kinesis.ts";
import { type Item, values, World } from "./_world.ts";

type Source = ConsumerRecord<Item>;

async function setUp(options: Partial<ProducerOptions<Source>> = {}) {
  const world = new World();
  await world.put(20, { keys: ["k"] });
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ checkpointer, checkpointIntervalMs: 100 });
  const stub = new StubKinesis(world.clock);
  const producer = new Producer<Source>({
    client: stub,
    clock: world.clock,
    random: seeded(1),
    streamName: "copies",
    processor: json<Source>(),
    partitionKey: "partitionKey",
    ...options,
  });
  /** The number of the first value that the next run reads. */
  const next = async () => {
    const again = world.consumer({ checkpointer, until: "caught-up" });
    return values(await world.drain(again))[0]?.i;
  };
  return { world, consumer, stub, producer, next };
}

Deno.test("Consumer.acknowledging acknowledges a record when a producer has stored it, not when it has accepted it", async () => {
  const { world, consumer, stub, producer, next } = await setUp();
  stub.latencyMs = 60_000;
  const piping = consumer.pipeTo(consumer.acknowledging(producer))
    .catch(() => {});
  await world.pass(5000);
  assertEquals(producer.stats().bufferedValues, 20);
  assertEquals(consumer.status().unacknowledged, 20);
  await world.pass(60_000);
  assertEquals(consumer.status().unacknowledged, 0);
  await world.run(consumer.close());
  await piping;
  assertEquals(await next(), undefined);
});

Deno.test("Consumer.acknowledging leaves what a producer could not store", async () => {
  const { world, consumer, stub, producer, next } = await setUp();
  stub.onPut = () => {
    throw accessDenied();
  };
  await assertRejects(
    () => world.run(consumer.pipeTo(consumer.acknowledging(producer))),
    DeliveryError,
  );
  await world.pass(1000);
  assertEquals(await next(), 0);
});

/** The values 7 and 8 have a partition key that Kinesis rejects. */
const badKeys = {
  partitionKey: ({ value }: Source) =>
    value.i === 7 || value.i === 8 ? "" : "k",
};

Deno.test("Consumer.acknowledging ends the pipe and the producer at a value that the producer gives up", async () => {
  const { world, consumer, stub, producer, next } = await setUp(badKeys);
  const error = await assertRejects(
    () => world.run(consumer.pipeTo(consumer.acknowledging(producer))),
    KinesisError,
  );
  assertEquals(error.code, "InvalidPartitionKey");
  await world.pass(1000);
  assertEquals(producer.stats().bufferedValues, 0);
  assertEquals(stub.stored.length, producer.stats().delivered);
  await assertRejects(() => producer.put({} as Source));
  assertEquals((await next())! <= 7, true);
});

Deno.test("Consumer.acknowledging acknowledges what the dead letters of a producer have written", async () => {
  const dead: number[] = [];
  let release = () => {};
  const { world, consumer, producer } = await setUp({
    ...badKeys,
    deadLetter: new WritableStream<FailedValue<Source>>({
      async write({ value }) {
        await new Promise<void>((resolve) => release = resolve);
        dead.push(value.value.i);
      },
    }),
  });
  const piping = consumer.pipeTo(consumer.acknowledging(producer))
    .catch(() => {});
  await world.pass(1000);
  assertEquals(consumer.status().unacknowledged, 13);
  for (const left of [12, 0]) {
    release();
    await world.pass(1000);
    assertEquals(consumer.status().unacknowledged, left);
  }
  assertEquals(dead, [7, 8]);
  await world.run(consumer.close());
  await piping;
});

Deno.test("Consumer.acknowledging passes the backpressure of a producer on", async () => {
  const { world, consumer, stub, producer } = await setUp({
    bufferedValues: 5,
  });
  stub.latencyMs = 60_000;
  const piping = consumer.pipeTo(consumer.acknowledging(producer))
    .catch(() => {});
  await world.pass(5000);
  // 5 values are buffered by the producer. Up to 4 more wait in the acknowledging sink and the
  // pipe.
  assertEquals(consumer.status().delivered <= 9, true);
  await world.pass(10 * 60_000);
  assertEquals(stub.stored.length, 20);
  await world.run(consumer.close());
  await piping;
});

Deno.test("Consumer.acknowledging waits for a sink that stores in its own time, up to its end", async () => {
  const { world } = await setUp();
  const consumer = world.consumer({
    checkpointer: new MemoryCheckpointer(),
    until: "caught-up",
  });
  const stores: (() => void)[] = [];
  const sink: DurableSink<Source> = Object.assign(
    new WritableStream<Source>(),
    {
      [writeDurably]: (): DurableWrite => ({
        stored: new Promise<void>((resolve) => stores.push(resolve)),
      }),
    },
  );
  let hasEnded = false;
  const piping = consumer.pipeTo(consumer.acknowledging(sink))
    .then(() => hasEnded = true);
  await world.pass(5000);
  assertEquals([stores.length, hasEnded], [20, false]);
  for (const store of stores) store();
  await world.run(piping);
  assertEquals(consumer.status().unacknowledged, 0);
});

Deno.test("Consumer.acknowledging rejects at the first record that has lost its ack", async () => {
  const { world, consumer, next } = await setUp();
  const written: unknown[] = [];
  let aborted: unknown;
  const sink = new WritableStream<Source>({
    write: (record) => void written.push(record),
    abort: (reason) => void (aborted = reason),
  });
  const map = new TransformStream<Source, Source>({
    transform: (record, out) => out.enqueue({ ...record }),
  });
  const error = await assertRejects(
    () =>
      world.run(
        consumer.pipeThrough(map).pipeTo(consumer.acknowledging(sink)),
      ),
    KinesisError,
    "ack: () => record.ack()",
  );
  assertEquals(error.code, "AckMissing");
  assertEquals(written, []);
  assertInstanceOf(aborted, KinesisError);
  await world.pass(1000);
  assertEquals(await next(), 0);
});

Deno.test("Consumer.acknowledging takes mapped records that can be acknowledged", async () => {
  const { world, consumer, next } = await setUp();
  const map = new TransformStream<Source, { value: number; ack(): void }>({
    transform: (record, out) =>
      out.enqueue({ value: record.value.i, ack: () => record.ack() }),
  });
  const written: number[] = [];
  const sink = new WritableStream<{ value: number; ack(): void }>({
    write: ({ value }) => void written.push(value),
  });
  const piping = consumer.pipeThrough(map)
    .pipeTo(consumer.acknowledging(sink)).catch(() => {});
  await world.pass(1000);
  assertEquals(written.length, 20);
  await world.run(consumer.close());
  await piping;
  assertEquals(await next(), undefined);
});

Deno.test("Consumer.acknowledging rejects a value that is not an unlocked WritableStream", () => {
  const consumer = new World().consumer();
  const locked = new WritableStream<Source>();
  locked.getWriter();
  for (const sink of [undefined, { write() {} }, locked]) {
    assertThrows(
      () => consumer.acknowledging(sink as WritableStream<Source>),
      TypeError,
      "Cannot acknowledge as 'sink' must",
    );
  }
});

Deno.test("Consumer.tee acknowledges a record when both branches have, and nothing behind what one of them holds", async () => {
  const { world, consumer, next } = await setUp();
  const [first, second] = consumer.tee();
  const fast: number[] = [];
  const slow: number[] = [];
  const piping = [
    first.pipeTo(consumer.acknowledging(
      new WritableStream<Source>({
        write: ({ value }) => void fast.push(value.i),
      }),
    )),
    second.pipeTo(consumer.acknowledging(
      new WritableStream<Source>({
        write({ value }) {
          if (value.i === 5) throw new Error("disk full");
          slow.push(value.i);
        },
      }),
    )),
  ];
  const ended = Promise.allSettled(piping);
  await world.pass(5000);
  assertEquals([fast.length, slow.length], [20, 5]);
  await world.run(consumer.close());
  await ended;
  assertEquals(await next(), 5);
});

Deno.test("Consumer.tee counts each branch once", async () => {
  const { world, consumer } = await setUp();
  const [first, second] = consumer.tee().map((branch) => branch.getReader());
  const [one] = await world.read(first!, 1);
  const [two] = await world.read(second!, 1);
  assertEquals(one!.value, two!.value);
  one!.ack();
  one!.ack();
  assertEquals(consumer.status().unacknowledged > 0, true);
  const { unacknowledged } = consumer.status();
  two!.ack();
  assertEquals(consumer.status().unacknowledged, unacknowledged - 1);
  await world.run(consumer.close());
});
