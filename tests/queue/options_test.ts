import { assert, assertEquals, assertThrows } from "@std/assert";
import { json } from "../../processors/mod.ts";
import { QueueConsumer, type QueueConsumerOptions } from "../../queue.ts";
import { QueueWorld } from "./_world.ts";

const world = new QueueWorld();
const good = {
  client: world.client,
  queueARN: world.arn,
  processor: json<number>(),
};

/** Options that are refused: the class of the error, and what its message names. */
const refused: [object, typeof TypeError | typeof RangeError, string][] = [
  [{ queueARN: undefined }, TypeError, "queueARN"],
  [{ queueARN: "orders" }, TypeError, "arn:aws:kinesis"],
  [
    { queueARN: "arn:aws:kinesis:us-east-1:123456789012:stream/orders" },
    TypeError,
    "queueARN",
  ],
  [{ client: {} }, TypeError, "receiveQueueRecords"],
  [{ processor: undefined }, TypeError, "processor"],
  [{ processor: {} }, TypeError, "unpack"],
  [{ visibilityTimeoutSeconds: 4 }, RangeError, "5 to 43200"],
  [{ visibilityTimeoutSeconds: 30.5 }, RangeError, "integer"],
  [{ waitTimeSeconds: 0 }, RangeError, "1 to 20"],
  [{ maxPolls: 0 }, RangeError, "maxPolls"],
  [{ maxInFlight: 120_001 }, RangeError, "120000"],
  [{ maxInFlightBytes: -1 }, RangeError, "maxInFlightBytes"],
  [{ maxHoldMs: 0 }, RangeError, "maxHoldMs"],
  [{ idleTimeoutMs: "5" }, RangeError, "idleTimeoutMs"],
  [{ closeTimeoutMs: -1 }, RangeError, "closeTimeoutMs"],
  [{ maxFailuresInARow: 0 }, RangeError, "maxFailuresInARow"],
  [{ onPoison: "dead-letter" }, TypeError, "onPoison"],
  [{ hooks: "log" }, TypeError, "hooks"],
  [{ signal: {} }, TypeError, "signal"],
  [{ clock: {} }, TypeError, "clock"],
  [{ random: 5 }, TypeError, "random"],
];

Deno.test("QueueConsumer refuses wrong options when it is made, and says which and what is allowed", () => {
  for (const [options, kind, text] of refused) {
    const error = assertThrows(
      () =>
        new QueueConsumer(
          { ...good, ...options } as QueueConsumerOptions<number>,
        ),
      kind,
    );
    assert(
      error.message.startsWith("Cannot create QueueConsumer as"),
      error.message,
    );
    assert(error.message.includes(text), error.message);
  }
  for (const options of [undefined, null, "x"]) {
    assertThrows(
      () =>
        new QueueConsumer(options as unknown as QueueConsumerOptions<number>),
      TypeError,
    );
  }
});

Deno.test("QueueConsumer sends nothing before the first read, and nothing after it was closed", async () => {
  const queue = new QueueConsumer({ ...good, clock: world.clock });
  await world.pass(60_000);
  await world.run(queue.close());
  await world.pass(60_000);
  assertEquals(world.requests, []);
  for await (const _ of queue) throw new Error("read");
});
