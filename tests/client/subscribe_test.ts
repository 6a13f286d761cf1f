import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { encodeMessage, textHeaders } from "../../_aws/event_stream_message.ts";
import { KinesisClient } from "../../client/mod.ts";
import {
  ConnectionError,
  KinesisError,
  ResponseError,
  ServiceError,
  TimeoutError,
} from "../../errors.ts";
import { KinesisServer } from "../../testing/mod.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { stalled, stub, turn } from "./_stub_fetch.ts";

const request = {
  ConsumerARN:
    "arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/app:1",
  ShardId: "shardId-000000000000",
  StartingPosition: { Type: "TRIM_HORIZON" },
} as const;

const encoder = new TextEncoder();

function frame(
  headers: Record<string, string>,
  payload: unknown = {},
): Uint8Array<ArrayBuffer> {
  return encodeMessage({
    headers: textHeaders(headers),
    payload: encoder.encode(
      typeof payload === "string" ? payload : JSON.stringify(payload),
    ),
  });
}

const event = (payload: unknown) =>
  frame({
    ":message-type": "event",
    ":event-type": "SubscribeToShardEvent",
    ":content-type": "application/x-amz-json-1.1",
  }, payload);

/** A subscription whose bytes a test decides. */
async function subscribed(
  chunks: (Uint8Array<ArrayBuffer> | Error)[],
  options: { idleTimeoutMs?: number; signal?: AbortSignal } = {},
) {
  const state = { cancelled: undefined as unknown, pulls: 0 };
  const { client, clock } = stub(() =>
    new Response(
      new ReadableStream({
        pull(out) {
          state.pulls++;
          const chunk = chunks.shift();
          if (chunk === undefined) out.close();
          else if (chunk instanceof Error) out.error(chunk);
          else out.enqueue(chunk);
        },
        cancel(reason) {
          state.cancelled = reason;
        },
      }, { highWaterMark: 0 }),
      {
        headers: {
          "content-type": "application/vnd.amazon.eventstream",
          "x-amzn-requestid": "r-1",
        },
      },
    )
  );
  const stream = await client.subscribeToShard(request, options);
  return { stream, state, clock, reader: stream.getReader() };
}

for (const protocol of ["json", "cbor"] as const) {
  Deno.test(`KinesisClient.subscribeToShard streams records as they arrive, to the end of the shard, over ${protocol}`, async () => {
    const clock = new FakeClock();
    const server = new KinesisServer({ clock });
    const { streamARN } = server.createStream("orders");
    const client = new KinesisClient({
      protocol,
      clock,
      region: "us-east-1",
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
      fetch: server.fetch,
    });
    const put = (text: string) =>
      client.putRecord({
        StreamARN: streamARN,
        Data: encoder.encode(text),
        PartitionKey: "k",
      });
    await put("one");
    const { Consumer } = await client.registerStreamConsumer({
      StreamARN: streamARN,
      ConsumerName: "app",
    });
    const events = await client.subscribeToShard({
      ...request,
      ConsumerARN: Consumer.ConsumerARN,
    });
    const reader = events.getReader();
    const texts: string[] = [];
    const take = async () => {
      const { value } = await reader.read();
      for (const { Data, ApproximateArrivalTimestamp } of value!.Records) {
        assertInstanceOf(ApproximateArrivalTimestamp, Date);
        texts.push(new TextDecoder().decode(Data));
      }
      return value!;
    };
    const first = await take();
    assertEquals(texts, ["one"]);
    assert(BigInt(first.ContinuationSequenceNumber!) > 0n);
    const next = take();
    await put("two");
    await next;
    assertEquals(texts, ["one", "two"]);
    const silent = take();
    await turn();
    await clock.advance(5000);
    assertEquals([(await silent).Records, texts.length], [[], 2]);
    const last = take();
    const children = server.split("orders", request.ShardId);
    const { ChildShards, ContinuationSequenceNumber } = await last;
    assertEquals(ChildShards!.map(({ ShardId }) => ShardId), children);
    assertEquals(ContinuationSequenceNumber, undefined);
    assertEquals((await reader.read()).done, true);
    assertEquals(clock.pendingTimers, 0);
  });
}

Deno.test("KinesisClient.subscribeToShard rejects with a ServiceError when it cannot begin", async () => {
  const server = new KinesisServer();
  const client = new KinesisClient({
    region: "us-east-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    fetch: server.fetch,
  });
  const error = await assertRejects(
    () =>
      client.subscribeToShard({
        ...request,
        ConsumerARN: request.ConsumerARN.replace("eu-west-1", "us-east-1"),
      }),
    ServiceError,
  );
  assertEquals(error.code, "ResourceNotFoundException");
});

Deno.test("KinesisClient.subscribeToShard errors with what Kinesis says inside the stream", async () => {
  for (
    const [headers, payload, code, retryable] of [
      [
        { ":exception-type": "ResourceInUseException" },
        { message: "taken" },
        "ResourceInUseException",
        false,
      ],
      [
        { ":exception-type": "InternalFailureException" },
        { Message: "taken" },
        "InternalFailureException",
        true,
      ],
      [
        { ":exception-type": "KMSThrottlingException" },
        { message: "taken" },
        "KMSThrottlingException",
        true,
      ],
      [
        {},
        { __type: "x#KMSDisabledException", message: "taken" },
        "KMSDisabledException",
        false,
      ],
      [
        { ":exception-type": "ResourceNotFoundException" },
        "",
        "ResourceNotFoundException",
        false,
      ],
    ] as const
  ) {
    for (const before of [[], [event({ Records: [] })]]) {
      const { reader } = await subscribed([
        ...before,
        frame({ ":message-type": "exception", ...headers }, payload),
      ]);
      for (const _ of before) await reader.read();
      const error = await assertRejects(() => reader.read(), ServiceError);
      assertEquals(
        [error.code, error.retryable, error.action, error.requestId],
        [code, retryable, "SubscribeToShard", "r-1"],
      );
      if (payload) assertStringIncludes(error.message, "taken");
    }
  }
  const { reader } = await subscribed([
    frame({
      ":message-type": "error",
      ":error-code": "InternalServerError",
      ":error-message": "oops",
    }),
  ]);
  const error = await assertRejects(() => reader.read(), ServiceError, "oops");
  assertEquals(error.code, "InternalServerError");
});

Deno.test("KinesisClient.subscribeToShard skips messages that are not events, and joins frames that arrive in pieces", async () => {
  const whole = event({ Records: null, MillisBehindLatest: 7 });
  const { reader, state } = await subscribed([
    frame({ ":message-type": "event", ":event-type": "initial-response" }),
    frame({ ":message-type": "event", ":event-type": "SomethingNew" }, "?"),
    ...Array.from(whole, (byte) => new Uint8Array([byte])),
  ]);
  assertEquals(state.pulls <= 1, true);
  assertEquals((await reader.read()).value, {
    Records: [],
    MillisBehindLatest: 7,
  });
  assertEquals((await reader.read()).done, true);
});

Deno.test("KinesisClient.subscribeToShard errors when the stream is damaged, cut or not one", async () => {
  const broken = new TypeError("reset");
  for (
    const [chunks, type, text] of [
      [
        [encoder.encode("<html>this is no event stream</html>")],
        ResponseError,
        "checksum",
      ],
      [[event({ Records: [] }).subarray(0, 40)], ResponseError, "ended after"],
      [[event("{")], ResponseError, "an event cannot be read"],
      [
        [event({ Records: [{ Data: 7 }] })],
        ResponseError,
        "an event cannot be read",
      ],
      [[broken], ConnectionError, "the connection broke"],
    ] as const
  ) {
    const { reader } = await subscribed([...chunks]);
    const error = await assertRejects(() => reader.read(), KinesisError, text);
    assertInstanceOf(error, type);
    assertEquals(error.retryable, true);
    if (chunks[0] === broken) assertStrictEquals(error.cause, broken);
  }
});

Deno.test("KinesisClient.subscribeToShard errors when nothing comes for too long, while it is waited for", async () => {
  for (const [idleTimeoutMs, limit] of [[undefined, 15_000], [3000, 3000]]) {
    const silent = Promise.withResolvers<void>();
    let cancelled = false;
    const { client, clock } = stub(() =>
      new Response(
        new ReadableStream({
          start: (out) => out.enqueue(event({ Records: [] })),
          pull: () => silent.promise,
          cancel: () => {
            cancelled = true;
          },
        }),
      )
    );
    const events = await client.subscribeToShard(request, { idleTimeoutMs });
    const reader = events.getReader();
    await reader.read();
    // A reader that takes its time is not silence of the server.
    await clock.advance(600_000);
    const read = reader.read().catch((error) => error);
    await turn();
    await clock.advance(limit! - 1);
    assertEquals(cancelled, false);
    await clock.advance(1);
    const error = await read;
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.timeoutMs, error.retryable, cancelled], [
      limit,
      true,
      true,
    ]);
    assertEquals(clock.pendingTimers, 0);
  }
});

Deno.test("KinesisClient.subscribeToShard ends the request when it is cancelled or its signal aborts", async () => {
  const events = new Array(9).fill(event({ Records: [] }));
  const first = await subscribed(events);
  await first.reader.read();
  await first.reader.cancel("enough");
  assertEquals(first.state.cancelled, "enough");

  for (const whileReading of [true, false]) {
    const controller = new AbortController();
    const body = stalled();
    const { client, clock } = stub(() => new Response(body.body));
    const events = await client.subscribeToShard(request, {
      signal: controller.signal,
    });
    const reader = events.getReader();
    const reading = whileReading
      ? reader.read().catch((error) => error)
      : undefined;
    controller.abort(new Error("stop"));
    const error = await (reading ?? reader.read().catch((error) => error));
    assertStrictEquals(error, controller.signal.reason);
    await turn();
    assertEquals([body.cancelled, clock.pendingTimers], [true, 0]);
  }
  const aborted = AbortSignal.abort("never");
  const { client, sent } = stub(() => new Response());
  assertEquals(
    await client.subscribeToShard(request, { signal: aborted }).catch((error) =>
      error
    ),
    "never",
  );
  assertEquals(sent.length, 0);
});

Deno.test("KinesisClient.subscribeToShard has a time limit for the head of the answer only", async () => {
  const { client, clock, reached } = stub(() =>
    new Promise<Response>(() => {})
  );
  const head = client.subscribeToShard(request, {
    timeoutMs: 1000,
    maxAttempts: 1,
  }).catch((error) => error);
  await reached(1);
  await clock.advance(1000);
  assertInstanceOf(await head, TimeoutError);
  const { reader, clock: later } = await subscribed([event({ Records: [] })]);
  await later.advance(299_000);
  assertEquals((await reader.read()).value, { Records: [] });
});

Deno.test("KinesisClient.subscribeToShard reads no further than it is asked to", async () => {
  const { reader, state } = await subscribed(
    new Array(50).fill(event({ Records: [] })),
  );
  for (let i = 0; i < 10; i++) await turn();
  const before = state.pulls;
  assert(before <= 2, String(before));
  await reader.read();
  for (let i = 0; i < 10; i++) await turn();
  assert(state.pulls <= before + 2, String(state.pulls));
  await reader.cancel();
});

Deno.test("KinesisClient.subscribeToShard refuses a time limit that makes no sense", async () => {
  const { client } = stub(() => new Response());
  await assertRejects(
    () => client.subscribeToShard(request, { idleTimeoutMs: 0 }),
    RangeError,
    "'idleTimeoutMs'",
  );
});
