import { assertEquals, assertMatch } from "@std/assert";
import { Consumer, KinesisClient, Producer } from "../../mod.ts";
import { json } from "../../processors/mod.ts";
import { FakeTerminalKinesis } from "./_fake_terminal.ts";

/** Runs `serve` until `use` has ended. */
async function serving(
  args: string[],
  use: (endpoint: string) => Promise<void>,
): Promise<{ code: number; notes: string }> {
  await using kinesis = new FakeTerminalKinesis();
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  const ended = kinesis.run(["serve", "--port", "0", "--json", ...args], {
    signal: stop.signal,
    onLine: (line) => resolve(JSON.parse(line).endpoint),
  });
  try {
    await use(
      await Promise.race([
        promise,
        ended.then(({ notes }) => Promise.reject(new Error(notes))),
      ]),
    );
  } finally {
    stop.abort(new DOMException("Interrupted", "AbortError"));
  }
  return await ended;
}

function clientOf(endpoint: string): KinesisClient {
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  return new KinesisClient({ endpoint, region: "us-east-1", credentials });
}

Deno.test("serve runs a Kinesis that stores and delivers values, also with fan-out", async () => {
  const { code } = await serving(["--stream", "orders:2"], async (endpoint) => {
    const client = clientOf(endpoint);
    const orders = { client, streamName: "orders", processor: json<number>() };
    const producer = new Producer(orders);
    await producer.putAll([1, 2, 3]);
    await producer.close();
    for (const fanOut of [undefined, { consumerName: "app" }]) {
      const consumer = new Consumer({ ...orders, fanOut, limit: 3 });
      const values: number[] = [];
      for await (const { value } of consumer) values.push(value);
      assertEquals(values.sort(), [1, 2, 3]);
    }
  });
  assertEquals(code, 130);
});

Deno.test("serve ends although a subscription is open", async () => {
  let reading: Promise<unknown> | undefined;
  await serving(["--stream", "orders:1"], async (endpoint) => {
    const client = clientOf(endpoint);
    const { StreamDescriptionSummary: { StreamARN } } = await client
      .describeStreamSummary({ StreamName: "orders" });
    const { Consumer: { ConsumerARN } } = await client
      .registerStreamConsumer({ StreamARN, ConsumerName: "app" });
    await client.waitUntilConsumerActive({ ConsumerARN });
    await client.putRecord({
      StreamName: "orders",
      PartitionKey: "k",
      Data: Uint8Array.of(1),
    });
    const events = await client.subscribeToShard({
      ConsumerARN,
      ShardId: "shardId-000000000000",
      StartingPosition: { Type: "TRIM_HORIZON" },
    });
    const reader = events.getReader();
    await reader.read();
    reading = reader.read().then(({ done }) => `done: ${done}`, () => "error");
  });
  assertMatch(`${await reading}`, /done: true|error/);
});

Deno.test("serve makes on-demand streams, and streams with shards", async () => {
  const streams = ["--stream", "a", "--stream", "b:3"];
  await serving(streams, async (endpoint) => {
    const client = clientOf(endpoint);
    const facts = [];
    for (const StreamName of ["a", "b"]) {
      const {
        StreamDescriptionSummary: { StreamModeDetails, OpenShardCount },
      } = await client.describeStreamSummary({ StreamName });
      facts.push([StreamModeDetails?.StreamMode, OpenShardCount]);
    }
    assertEquals(facts, [["ON_DEMAND", 4], ["PROVISIONED", 3]]);
  });
});

Deno.test("serve says that a port is in use", async () => {
  await serving([], async (endpoint) => {
    await using kinesis = new FakeTerminalKinesis();
    const { port } = new URL(endpoint);
    const { code, notes } = await kinesis.run(["serve", "--port", port]);
    assertEquals(code, 1);
    assertMatch(notes, /another program listens there/);
  });
});

Deno.test("serve refuses wrong ports and streams", async () => {
  await using kinesis = new FakeTerminalKinesis();
  for (
    const [args, why] of [
      [["--port", "65536"], /from 0 to 65535/],
      [["--port", "x"], /whole number/],
      [["--stream", "a b"], /must be a name/],
      [["--stream", "orders:0"], /must be a name/],
      [["--stream", "orders:"], /must be a name/],
    ] as const
  ) {
    const { code, notes } = await kinesis.run(["serve", ...args]);
    assertEquals(code, 2, notes);
    assertMatch(notes, why);
  }
});

Deno.test("serve refuses a stream that is given twice, and too many shards, as a wrong call", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const call = (...streams: string[]) =>
    kinesis.run([
      ...["serve", "--port", "0"],
      ...streams.flatMap((it) => ["--stream", it]),
    ]);
  const twice = await call("a", "a:2");
  assertEquals([twice.code, twice.lines], [2, []]);
  assertMatch(twice.notes, /^error: Cannot serve the stream a: .*exists/);
  const many = await call("a:100000");
  assertEquals([many.code, many.lines], [2, []]);
  assertMatch(many.notes, /^error: Cannot serve the stream a: .*limit/);
});
