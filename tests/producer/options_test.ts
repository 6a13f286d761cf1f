/** Options that are refused at construction, and options that throw later. */
import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { DeliveryError, InvalidRecordError } from "../../errors.ts";
import { json, string } from "../../processors/mod.ts";
import { Producer, type ProducerOptions } from "../../producer.ts";
import { seeded, StubKinesis, unavailable } from "./_stub_kinesis.ts";
import { FakeClock } from "../_services/fake_clock.ts";

function setUp(options: Record<string, unknown> = {}) {
  const clock = new FakeClock();
  const client = new StubKinesis(clock);
  const producer = new Producer<unknown>({
    client,
    streamName: "s",
    processor: json(),
    clock,
    random: seeded(1),
    ...options,
  } as ProducerOptions<unknown>);
  return { clock, client, producer };
}

Deno.test("Producer refuses options of wrong types, each with its name", () => {
  const wrong: Record<string, unknown[]> = {
    processor: [undefined, null, {}, json, "json"],
    partitionKey: [5, null, true, {}, "", []],
    explicitHashKey: [5, null, true, {}, ""],
    shardRates: [true, null, 5, "x", { records: 5 }, [1]],
    deadLetter: [null, {}, [], "x", () => {}, new ReadableStream()],
    createStream: [
      null,
      true,
      4,
      "4",
      {},
      { onDemand: false },
      { onDemand: "true" },
      { shardCount: 2, onDemand: true },
      { shardCount: 2, onDemand: false },
    ],
    hooks: [null, "x", { onBatch: 5 }, { onBuffer: null }],
    signal: [null, {}, true, new AbortController()],
    client: [null, {}, "x", StubKinesis],
    clock: [null, {}, Date],
    random: [null, 5, "x"],
    ordering: ["keys", null],
    onAbort: ["drop", null],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const { message } = assertThrows(
        () => setUp({ [name]: value }),
        TypeError,
        undefined,
        `${name} ${Deno.inspect(value)}`,
      );
      assertStringIncludes(message, "Cannot create Producer as '");
      assertStringIncludes(message, name);
      assertStringIncludes(message, "must be");
    }
  }
  for (const shardCount of [0, -1, 1.5, "4", NaN, Infinity]) {
    const { message } = assertThrows(
      () => setUp({ createStream: { shardCount } }),
      RangeError,
    );
    assertStringIncludes(message, "'createStream.shardCount' must be");
  }
  const streamARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";
  const byARN = { streamName: undefined, streamARN };
  assertThrows(
    () => setUp({ ...byARN, createStream: { shardCount: 1 } }),
    TypeError,
    "Cannot create Producer as 'createStream' needs 'streamName' and not 'streamARN'",
  );
  for (const options of [undefined, null, "s"]) {
    assertThrows(
      () => new Producer(options as never),
      TypeError,
      "Cannot create Producer as 'options' must be an object",
    );
  }
});

Deno.test("Producer creates a stream with shards or on demand", async () => {
  for (
    const [createStream, expected] of [
      [{ shardCount: 3 }, { StreamName: "s", ShardCount: 3 }],
      [{ shardCount: 3, onDemand: undefined }, {
        StreamName: "s",
        ShardCount: 3,
      }],
      [{ onDemand: true }, {
        StreamName: "s",
        StreamModeDetails: { StreamMode: "ON_DEMAND" },
      }],
    ] as const
  ) {
    const { clock, client, producer } = setUp({ createStream });
    const requests: unknown[] = [];
    client.onCreate = (request) => {
      requests.push(request);
      client.onStatus = () => "ACTIVE";
    };
    client.onStatus = () => "DELETING";
    client.waitUntilDeleted = () => Promise.resolve();
    await clock.runUntil(producer.put(1));
    assertEquals(requests, [expected]);
    await producer.close();
  }
});

Deno.test("Producer.put and putAll refuse keys that are no object", async () => {
  const { clock, client, producer } = setUp();
  for (const keys of ["key", null, 5]) {
    await assertRejects(
      () => producer.put(1, keys as never),
      TypeError,
      "Cannot put as 'keys' must be an object",
    );
    await assertRejects(
      () => producer.putAll([1], keys as never),
      TypeError,
      "Cannot putAll as 'keys' must be an object",
    );
  }
  await clock.runUntil(producer.put(2, undefined));
  assertEquals(client.texts, ["2"]);
  await producer.close();
});

Deno.test("Producer takes the explicit hash key from a field", async () => {
  const { clock, client, producer } = setUp({ explicitHashKey: "hash" });
  await clock.runUntil(producer.putAll([{ hash: "7" }, { hash: 8n ** 9n }].map(
    ({ hash }) => ({ hash, toJSON: () => 1 }),
  )));
  assertEquals(
    client.requests[0]!.Records.map(({ ExplicitHashKey }) => ExplicitHashKey),
    ["7", String(8n ** 9n)],
  );
  const error = await assertRejects(
    () => producer.put({ other: 1 }),
    InvalidRecordError,
    "its explicit hash key is the field 'hash', which is missing",
  );
  assertEquals(error.code, "InvalidExplicitHashKey");
  await producer.close();
});

Deno.test("Producer fails when 'random' throws, wherever it is asked", async () => {
  const places: Record<string, (client: StubKinesis) => void> = {
    "some records fail": (client) => {
      client.onPut = (request) =>
        client.storeSome(request, () => "InternalFailure");
    },
    "a request fails": (client) => {
      client.onPut = () => {
        throw unavailable();
      };
    },
    "a list fails": (client) => {
      client.onList = () => {
        throw unavailable();
      };
    },
    "the limit is asked for": (client) => {
      client.onDescribe = () => {
        throw unavailable();
      };
    },
  };
  const random = () => {
    throw new Error("no random number");
  };
  for (const [place, breakIt] of Object.entries(places)) {
    const { clock, client, producer } = setUp({ random, processor: string() });
    client.onDescribe = () => 4096;
    breakIt(client);
    const error = await clock.runUntil(
      producer.put("x".repeat(1_100_000)).catch((error) => error),
    );
    assertInstanceOf(error, DeliveryError, place);
    assertStringIncludes(error.message, "no random number", place);
    assertEquals(producer.undelivered().length, 1);
    await assertRejects(() => producer.close(), DeliveryError);
    assertEquals(clock.pendingTimers, 0, place);
  }
});
