import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertRejects,
} from "@std/assert";
import { EventStreamDecoderStream } from "../../_aws/event_stream.ts";
import { textHeader } from "../../_aws/event_stream_message.ts";
import { decodeCbor } from "../../_aws/cbor.ts";
import { KinesisServer } from "../../testing/mod.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { call, entry, fails, ok, requestInit } from "./_call.ts";

interface Event {
  kind: string;
  // deno-lint-ignore no-explicit-any -- tests look at all shapes
  body: any;
}

async function withConsumer(
  options: ConstructorParameters<typeof KinesisServer>[0] = {},
) {
  const server = new KinesisServer({ clock: new FakeClock(), ...options });
  const { shardIds, streamARN } = server.createStream("s");
  const { Consumer } = await ok(server.fetch, "RegisterStreamConsumer", {
    StreamARN: streamARN,
    ConsumerName: "c",
  });
  const id = shardIds[0]!;
  const input = (
    StartingPosition: Record<string, unknown> = { Type: "TRIM_HORIZON" },
    ShardId = id,
  ) => ({ ConsumerARN: Consumer.ConsumerARN, ShardId, StartingPosition });
  const put = (key: string, bytes?: number) =>
    ok(server.fetch, "PutRecord", { StreamName: "s", ...entry(key, bytes) });
  return {
    server,
    fetch: server.fetch,
    id,
    input,
    put,
    streamARN,
    arn: Consumer.ConsumerARN as string,
  };
}

async function subscribe(
  server: KinesisServer,
  input: unknown,
  options: Parameters<typeof requestInit>[2] = {},
) {
  const response = await server.fetch(
    "https://kinesis/",
    requestInit("SubscribeToShard", input, options),
  );
  assertEquals(response.status, 200);
  assertEquals(
    response.headers.get("content-type"),
    "application/vnd.amazon.eventstream",
  );
  const reader = response.body!.pipeThrough(new EventStreamDecoderStream())
    .getReader();
  return {
    next: async (): Promise<Event | undefined> => {
      const { value } = await reader.read();
      if (!value) return undefined;
      const kind = textHeader(value, ":event-type") ??
        textHeader(value, ":exception-type") ?? "";
      const body = options.protocol === "cbor"
        ? decodeCbor(value.payload)
        : JSON.parse(new TextDecoder().decode(value.payload));
      return { kind, body };
    },
    cancel: () => reader.cancel(),
  };
}

const keys = (event?: Event) =>
  event?.body.Records.map((record: { PartitionKey: string }) =>
    record.PartitionKey
  );

Deno.test("SubscribeToShard sends the initial response, stored records and then new records", async () => {
  const { server, input, put } = await withConsumer();
  await put("a");
  const events = await subscribe(server, input());
  assertEquals(await events.next(), { kind: "initial-response", body: {} });
  const first = await events.next();
  assertEquals(first?.kind, "SubscribeToShardEvent");
  assertEquals(keys(first), ["a"]);
  assertEquals(first?.body.MillisBehindLatest, 0);
  assertEquals(
    first?.body.ContinuationSequenceNumber,
    server.records("s")[0]!.sequenceNumber,
  );
  const waiting = events.next();
  await put("b");
  assertEquals(keys(await waiting), ["b"]);
  await events.cancel();
});

Deno.test("SubscribeToShard sends CBOR events for a CBOR request", async () => {
  const { server, input, put } = await withConsumer();
  await put("a");
  const events = await subscribe(server, input(), { protocol: "cbor" });
  await events.next();
  const first = await events.next();
  assertEquals(keys(first), ["a"]);
  assertEquals(first?.body.Records[0].Data, new TextEncoder().encode("xxxxx"));
  await events.cancel();
});

Deno.test("SubscribeToShard sends at most 1 MiB of record data in an event", async () => {
  const { server, input, put } = await withConsumer({ limits: false });
  for (let i = 0; i < 5; i++) await put(`k${i}`, 400_000);
  const events = await subscribe(server, input());
  await events.next();
  assertEquals(keys(await events.next()), ["k0", "k1"]);
  assertEquals(keys(await events.next()), ["k2", "k3"]);
  assertEquals(keys(await events.next()), ["k4"]);
  await events.cancel();
});

Deno.test("SubscribeToShard sends a heartbeat every five seconds, and ends after five minutes", async () => {
  const { server, input } = await withConsumer();
  const start = server.now();
  const events = await subscribe(server, input({ Type: "LATEST" }));
  await events.next();
  let beats = 0;
  for (;;) {
    const waiting = events.next();
    server.advance(5_000);
    const event = await waiting;
    if (!event) break;
    assertEquals(event.body.Records, []);
    assertMatch(event.body.ContinuationSequenceNumber, /^495\d{53}$/);
    beats++;
  }
  assertEquals(server.now() - start, 300_000);
  assertEquals(beats, 59);
});

Deno.test("SubscribeToShard continues from ContinuationSequenceNumber without loss or duplicates", async () => {
  const { server, input, put } = await withConsumer();
  const first = await subscribe(server, input({ Type: "LATEST" }));
  await first.next();
  const waiting = first.next();
  server.advance(5_000);
  const idle = await waiting;
  await put("a");
  await first.cancel();
  server.advance(5_000);
  const second = await subscribe(
    server,
    input({
      Type: "AFTER_SEQUENCE_NUMBER",
      SequenceNumber: idle!.body.ContinuationSequenceNumber,
    }),
  );
  await second.next();
  const event = await second.next();
  assertEquals(keys(event), ["a"]);
  await second.cancel();
  server.advance(5_000);
  await put("b");
  const third = await subscribe(
    server,
    input({
      Type: "AFTER_SEQUENCE_NUMBER",
      SequenceNumber: event!.body.ContinuationSequenceNumber,
    }),
  );
  await third.next();
  assertEquals(keys(await third.next()), ["b"]);
  await third.cancel();
});

Deno.test("SubscribeToShard fails within five seconds of the last call, and replaces that subscription later", async () => {
  const { server, fetch, input } = await withConsumer();
  const first = await subscribe(server, input());
  await first.next();
  server.advance(4_900);
  await fails(fetch, "ResourceInUseException", "SubscribeToShard", input());
  server.advance(100);
  const second = await subscribe(server, input());
  // The heartbeat of the fifth second may come first.
  let event = await first.next();
  if (event?.kind === "SubscribeToShardEvent") event = await first.next();
  assertEquals(event?.kind, "ResourceInUseException");
  assertEquals(await first.next(), undefined);
  assertEquals((await second.next())?.kind, "initial-response");
  await second.cancel();
});

Deno.test("SubscribeToShard ends with the child shards when the shard is closed", async () => {
  const { server, input, put, id } = await withConsumer();
  await put("a");
  const events = await subscribe(server, input());
  await events.next();
  assertEquals(keys(await events.next()), ["a"]);
  const waiting = events.next();
  const children = server.split("s", id);
  const last = await waiting;
  assertEquals(keys(last), []);
  assertEquals(last?.body.ContinuationSequenceNumber, undefined);
  assertEquals(
    last?.body.ChildShards.map((child: { ShardId: string }) => child.ShardId),
    [...children],
  );
  assertEquals(last?.body.ChildShards[0].ParentShards, [id]);
  assertEquals(await events.next(), undefined);
});

Deno.test("SubscribeToShard ends when a split with a transition time takes effect", async () => {
  const { server, fetch, input, id } = await withConsumer({
    transitionMs: 2_000,
  });
  server.advance(2_000);
  const events = await subscribe(server, input());
  await events.next();
  await ok(fetch, "SplitShard", {
    StreamName: "s",
    ShardToSplit: id,
    NewStartingHashKey: "1000",
  });
  const waiting = events.next();
  server.advance(2_000);
  assertEquals((await waiting)?.body.ChildShards.length, 2);
});

Deno.test("SubscribeToShard ends with an exception when the consumer or the stream is deleted", async () => {
  for (
    const [action, member] of [
      ["DeregisterStreamConsumer", "ConsumerARN"],
      ["DeleteStream", "StreamARN"],
    ] as const
  ) {
    const { server, fetch, input, arn, streamARN } = await withConsumer();
    const events = await subscribe(server, input());
    await events.next();
    const waiting = events.next();
    await ok(fetch, action, {
      [member]: member === "ConsumerARN" ? arn : streamARN,
      ...(action === "DeleteStream" ? { EnforceConsumerDeletion: true } : {}),
    });
    assertEquals((await waiting)?.kind, "ResourceNotFoundException");
    assertEquals(await events.next(), undefined);
  }
});

Deno.test("SubscribeToShard errors the body when the call is aborted, and leaves no timer", async () => {
  const clock = new FakeClock();
  const { server, input } = await withConsumer({ clock });
  const controller = new AbortController();
  const events = await subscribe(server, input(), {
    signal: controller.signal,
  });
  await events.next();
  const waiting = events.next();
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  server.advance(5_000);
  const next = await subscribe(server, input());
  await next.next();
  const read = next.next();
  server.close();
  assertEquals(await read, undefined);
  await clock.advance(0);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("SubscribeToShard answers errors before the stream begins", async () => {
  const { server, fetch, input, arn } = await withConsumer();
  await fails(
    fetch,
    "ResourceNotFoundException",
    "SubscribeToShard",
    input({ Type: "LATEST" }, "shardId-000000000007"),
  );
  await fails(fetch, "ResourceNotFoundException", "SubscribeToShard", {
    ...input(),
    ConsumerARN: arn + "1",
  });
  await fails(
    fetch,
    "ValidationException",
    "SubscribeToShard",
    input({ Type: "SOMEWHERE" }),
  );
  await fails(
    fetch,
    "InvalidArgumentException",
    "SubscribeToShard",
    input({ Type: "AT_SEQUENCE_NUMBER" }),
  );
  assertEquals(server.log.at(-1)?.error, "InvalidArgumentException");
});

Deno.test("RegisterStreamConsumer rejects a duplicate name and more than 20 consumers", async () => {
  const { fetch, streamARN, server, arn } = await withConsumer({
    limits: false,
  });
  const register = (ConsumerName: string) =>
    call(fetch, "RegisterStreamConsumer", {
      StreamARN: streamARN,
      ConsumerName,
    });
  assertEquals((await register("c")).body.__type, "ResourceInUseException");
  for (let i = 1; i < 20; i++) {
    assertEquals((await register(`c${i}`)).status, 200);
  }
  assertEquals((await register("d")).body.__type, "LimitExceededException");
  const first = await ok(fetch, "ListStreamConsumers", {
    StreamARN: streamARN,
    MaxResults: 15,
  });
  const second = await ok(fetch, "ListStreamConsumers", {
    StreamARN: streamARN,
    NextToken: first.NextToken,
  });
  assertEquals(first.Consumers.length + second.Consumers.length, 20);
  assertEquals(second.NextToken, undefined);
  const { ConsumerDescription } = await ok(fetch, "DescribeStreamConsumer", {
    ConsumerARN: arn,
  });
  assertEquals(ConsumerDescription.StreamARN, streamARN);
  assertEquals(ConsumerDescription.ConsumerStatus, "ACTIVE");
  await fails(fetch, "ResourceInUseException", "DeleteStream", {
    StreamName: "s",
  });
  await ok(fetch, "DeregisterStreamConsumer", {
    StreamARN: streamARN,
    ConsumerName: "c",
  });
  server.advance(1_000);
  const { Consumer } = (await register("c")).body;
  assert(Consumer.ConsumerARN !== arn);
});

Deno.test("RegisterStreamConsumer allows five consumers in CREATING, and a subscription needs ACTIVE", async () => {
  const server = new KinesisServer({ transitionMs: 1_000, limits: false });
  const { streamARN, shardIds } = server.createStream("s");
  const arns = [];
  for (let i = 0; i < 5; i++) {
    const { Consumer } = await ok(server.fetch, "RegisterStreamConsumer", {
      StreamARN: streamARN,
      ConsumerName: `c${i}`,
    });
    assertEquals(Consumer.ConsumerStatus, "CREATING");
    arns.push(Consumer.ConsumerARN);
  }
  await fails(
    server.fetch,
    "LimitExceededException",
    "RegisterStreamConsumer",
    {
      StreamARN: streamARN,
      ConsumerName: "c5",
    },
  );
  await fails(server.fetch, "ResourceInUseException", "SubscribeToShard", {
    ConsumerARN: arns[0],
    ShardId: shardIds[0],
    StartingPosition: { Type: "LATEST" },
  });
  server.advance(1_000);
  const { Consumers } = await ok(server.fetch, "ListStreamConsumers", {
    StreamARN: streamARN,
  });
  assertGreater(Consumers.length, 0);
  assertEquals(Consumers[0].ConsumerStatus, "ACTIVE");
});
