/** Dead letters of one producer that go into another one. */
import { assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { DeliveryError, type KinesisError } from "../../errors.ts";
import {
  createProcessor,
  json,
  jsonLines,
  msgpack,
  type Processor,
  single,
} from "../../processors/mod.ts";
import type { ProducerOptions } from "../../producer.ts";
import type { FailedValue } from "../../records.ts";
import { accessDenied, setUpProducer, type StubKinesis } from "./_set_up.ts";

type Letter = FailedValue<unknown>;

function setUp(options: Partial<ProducerOptions<Letter>> = {}) {
  const { client: deadClient, producer: dead, clock } = setUpProducer<Letter>({
    processor: json<Letter>(),
    maxAttempts: 2,
    ...options,
  });
  const { client, producer } = setUpProducer<unknown>(
    {
      processor: json<unknown>(),
      partitionKey: (value) => (value as { key: string }).key,
      maxAttempts: 2,
      deadLetter: dead,
    },
    1,
    clock,
  );
  const write = (value: unknown) => {
    const writer = producer.getWriter();
    writer.write(value).catch(() => {});
    return clock.runUntil(writer.close().then(() => "closed", (e) => e));
  };
  return { clock, client, producer, deadClient, dead, write };
}

const cycle: Record<string, unknown> = { key: "k" };
cycle.self = cycle;

const revoked = Proxy.revocable({}, {});
revoked.revoke();

/** What cannot be delivered, and what a letter has of it. */
const cases: [value: unknown, letter: Record<string, unknown>][] = [
  [{ key: "" }, { value: { key: "" } }],
  [{ key: "a\ud800" }, {}],
  [{ key: "k", n: 2n ** 70n }, {
    valueText: '{"key":"k","n":"1180591620717411303424"}',
  }],
  [cycle, { valueText: "[object Object]" }],
  [revoked.proxy, { valueText: "a value that cannot be read" }],
  [{ key: "k", proxy: revoked.proxy }, { valueText: "[object Object]" }],
  [{
    key: "k",
    toJSON() {
      throw Object.create(null);
    },
  }, { valueText: "[object Object]" }],
  [{
    get key() {
      throw Object.create(null);
    },
  }, { valueText: "[object Object]" }],
  [{ key: "k", text: "x".repeat(1_100_000) }, {
    valueText: `{"key":"k","text":"${"x".repeat(99_981)}`,
  }],
];

Deno.test("Producer as dead letters stores every letter with its error, for every kind of failure", async () => {
  const processors: Processor<Letter>[] = [
    json<Letter>(),
    jsonLines<Letter>(),
    msgpack<Letter>(),
  ];
  for (const processor of processors) {
    for (const partitionKey of [undefined, "partitionKey"] as const) {
      for (const [value, expected] of cases) {
        const { clock, deadClient, dead, write } = setUp({
          processor,
          partitionKey,
        });
        assertEquals(await write(value), "closed");
        await clock.runUntil(dead.close());
        const { data, key } = deadClient.stored[0]!;
        const [item] = await processor.unpack({
          streamName: "s",
          shardId: "s",
          partitionKey: key,
          sequenceNumber: "1",
          data,
        });
        if (item?.type !== "value") throw item?.error;
        const letter = item.value as unknown as Record<string, unknown> & {
          error: Record<string, unknown>;
        };
        for (const [field, is] of Object.entries(expected)) {
          assertEquals(letter[field], is);
        }
        assertEquals(letter.attempts, 0);
        assertEquals(letter.error.name, "InvalidRecordError");
        assertMatch(String(letter.error.message), /^Cannot (put|make)/);
      }
    }
  }
});

Deno.test("Producer as dead letters stores the history and the causes of the error", async () => {
  const { clock, client, deadClient, dead, write } = setUp();
  client.onPut = (request) =>
    client.storeSome(request, () => "InternalFailure");
  assertEquals(await write({ key: "k" }), "closed");
  await clock.runUntil(dead.close());
  const { value, attempts, error, history } = JSON.parse(deadClient.texts[0]!);
  assertEquals([value, attempts, history.length], [{ key: "k" }, 2, 2]);
  assertEquals([error.code, error.retryable], ["InternalFailure", true]);
  assertEquals(history[1].error.code, "InternalFailure");
});

Deno.test("Producer fails when the producer that takes its dead letters gives one up", async () => {
  const cannot: ((client: StubKinesis) => void)[] = [
    (client) => {
      client.onPut = (request) =>
        client.storeSome(request, () => "InternalFailure");
    },
    (client) => {
      client.onPut = () => {
        throw accessDenied();
      };
    },
  ];
  for (const spoil of cannot) {
    const { clock, deadClient, dead, write } = setUp();
    spoil(deadClient);
    const error = await write({ key: "" });
    assertInstanceOf(error, DeliveryError);
    assertEquals(error.code, "DeadLetterFailed");
    assertEquals(error.failures.map(({ value }) => value), [{ key: "" }]);
    assertEquals(
      error.failures.map(({ error }) => (error as KinesisError).code),
      ["InvalidPartitionKey"],
    );
    await clock.runUntil(dead.close().catch(() => {}));
  }
});

Deno.test("Producer fails when no form of a letter can be written", async () => {
  const { dead, write } = setUp({
    processor: createProcessor<Letter>({
      serializer: {
        name: "odd",
        serialize: () => {
          throw new Error("nothing");
        },
        deserialize: () => undefined as never,
      },
      framing: single(),
    }),
  });
  const error = await write({ key: "" });
  assertInstanceOf(error, DeliveryError);
  assertEquals(error.code, "DeadLetterFailed");
  await dead.close();
});

Deno.test("Producer waits until its dead letters are acknowledged", async () => {
  const { clock, producer, deadClient, dead } = setUp();
  deadClient.latencyMs = 5000;
  const writer = producer.getWriter();
  await writer.write({ key: "" });
  let closed = false;
  const closing = writer.close().then(() => closed = true);
  await clock.advance(4000);
  assertEquals(closed, false);
  await clock.runUntil(closing);
  assertEquals(deadClient.stored.length, 1);
  await dead.close();
});
