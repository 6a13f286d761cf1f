import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { cborCodec } from "../../_aws/cbor_codec.ts";
import { ResponseError, ServiceError, WaiterError } from "../../errors.ts";
import { failure, ok, stub } from "./_stub_fetch.ts";

const ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/s";

Deno.test("KinesisClient.listAllStreams follows tokens, and names where there are no tokens", async () => {
  const names = Array.from({ length: 7 }, (_, i) => `s${i}`);
  for (const withTokens of [true, false]) {
    const { client, sent, run } = stub(({ body }) => {
      const from = body.NextToken !== undefined
        ? Number(body.NextToken)
        : names.indexOf(body.ExclusiveStartStreamName) + 1;
      const page = names.slice(from, from + 3);
      const more = from + 3 < names.length;
      return ok({
        StreamNames: page,
        HasMoreStreams: more,
        ...withTokens && {
          NextToken: more ? String(from + 3) : null,
          StreamSummaries: page.map((StreamName) => ({
            StreamName,
            StreamARN: `${ARN}${StreamName}`,
            StreamStatus: "ACTIVE",
          })),
        },
      });
    });
    const all = await run(Array.fromAsync(client.listAllStreams({ Limit: 3 })));
    assertEquals(all.map(({ StreamName }) => StreamName), names);
    assertEquals(
      all.every(({ StreamStatus }) =>
        StreamStatus === (withTokens ? "ACTIVE" : undefined)
      ),
      true,
    );
    assertEquals(sent.map(({ body }) => body.Limit), [3, 3, 3]);
  }
});

Deno.test("KinesisClient.listAllStreamConsumers keeps the stream beside its token, and bears with one that has expired", async () => {
  const consumers = Array.from(
    { length: 5 },
    (_, i) => ({
      ConsumerName: `c${i}`,
      ConsumerARN: `${ARN}/consumer/c${i}:1`,
      ConsumerStatus: "ACTIVE",
      ConsumerCreationTimestamp: 1.7e9,
    }),
  );
  let expired = false;
  const { client, sent, run } = stub(({ body }) => {
    const from = Number(body.NextToken ?? 0);
    if (from === 2 && !expired) {
      expired = true;
      return failure("ExpiredNextTokenException");
    }
    return ok({
      Consumers: consumers.slice(from, from + 2),
      NextToken: from + 2 < 5 ? String(from + 2) : undefined,
    });
  });
  const all = await run(
    Array.fromAsync(
      client.listAllStreamConsumers({ StreamARN: ARN, MaxResults: 2 }),
    ),
  );
  assertEquals(all.map(({ ConsumerName }) => ConsumerName), [
    "c0",
    "c1",
    "c2",
    "c3",
    "c4",
  ]);
  assertInstanceOf(all[0]!.ConsumerCreationTimestamp, Date);
  assert(
    sent.every(({ body }) => body.StreamARN === ARN && body.MaxResults === 2),
  );
});

Deno.test("KinesisClient.listAllTagsForStream goes on after the last key", async () => {
  const tags = Array.from(
    { length: 5 },
    (_, i) => ({ Key: `k${i}`, Value: `${i}` }),
  );
  const { client, sent, run } = stub(({ body }) => {
    const from = tags.findIndex(({ Key }) =>
      Key === body.ExclusiveStartTagKey
    ) + 1;
    return ok({ Tags: tags.slice(from, from + 2), HasMoreTags: from + 2 < 5 });
  });
  assertEquals(
    await run(
      Array.fromAsync(client.listAllTagsForStream({ StreamName: "s" })),
    ),
    tags,
  );
  assertEquals(sent.map(({ body }) => body.ExclusiveStartTagKey), [
    undefined,
    "k1",
    "k3",
  ]);
});

Deno.test("KinesisClient's lists reject when their pages lead in a circle, and the error is not retryable", async () => {
  const shard = { ShardId: "s0", HashKeyRange: {}, SequenceNumberRange: {} };
  const shards = (list: object[], NextToken: string) => ({
    Shards: list,
    NextToken,
  });
  const circles: [string, number, (n: number) => object][] = [
    ["ListShards", 2, () => shards([shard], "same")],
    ["ListShards", 3, (n) => shards([], "ab"[n % 2]!)],
    ["ListShards", 100, (n) => shards([], `${n}`)],
    ["ListShards", 101, (n) => shards([shard], `${n}`)],
    ["ListStreams", 2, () => ({ StreamNames: ["a"], HasMoreStreams: true })],
    ["ListStreamConsumers", 2, () => ({ Consumers: [], NextToken: "same" })],
    [
      "ListTagsForStream",
      2,
      () => ({ Tags: [{ Key: "a" }], HasMoreTags: true }),
    ],
  ];
  for (const [action, requests, page] of circles) {
    const { client, sent, run } = stub((_, n) => ok(page(n)));
    const target = { StreamName: "s", StreamARN: ARN };
    const lists: Record<string, () => AsyncGenerator> = {
      ListShards: () => client.listAllShards({ StreamName: "s" }),
      ListStreams: () => client.listAllStreams(),
      ListStreamConsumers: () => client.listAllStreamConsumers(target),
      ListTagsForStream: () => client.listAllTagsForStream(target),
    };
    const error = await assertRejects(
      () => run(Array.fromAsync(lists[action]!())),
      ResponseError,
      `Cannot ${action} to the end: `,
    );
    assertEquals(error.retryable, false);
    assertEquals(sent.length, requests, action);
  }
});

Deno.test("KinesisClient's lists go through empty pages, and through pages that a new start repeats", async () => {
  const shard = (n: number) => ({ ShardId: `s${n}` });
  let expired = false;
  const { client, run } = stub(({ body }) => {
    const from = Number(body.NextToken ?? 0);
    if (from === 4 && !expired) {
      expired = true;
      return failure("ExpiredNextTokenException");
    }
    return ok({
      Shards: from % 2 ? [] : [shard(from)],
      NextToken: from < 6 ? `${from + 1}` : undefined,
    });
  });
  const all = await run(
    Array.fromAsync(client.listAllShards({ StreamName: "s" })),
  );
  assertEquals(all.map(({ ShardId }) => ShardId), ["s0", "s2", "s4", "s6"]);
});

const described = (ConsumerStatus: string) =>
  ok({ ConsumerDescription: { ConsumerName: "app", ConsumerStatus } });

Deno.test("KinesisClient.waitUntilConsumerActive resolves with the consumer, ends in time and with its signal", async () => {
  const target = { StreamARN: ARN, ConsumerName: "app" };
  const { client, run } = stub((_, n) =>
    described(n < 3 ? "CREATING" : "ACTIVE")
  );
  const consumer = await run(client.waitUntilConsumerActive(target));
  assertEquals(consumer.ConsumerStatus, "ACTIVE");

  const slow = stub(() => described("CREATING"));
  const error = await assertRejects(
    () =>
      slow.run(
        slow.client.waitUntilConsumerActive(target, { timeoutMs: 9000 }),
      ),
    WaiterError,
    'consumer "app" to be ACTIVE: it is still CREATING after 9000 ms',
  );
  assertEquals(error.lastState, "CREATING");

  const controller = new AbortController();
  const waiting = slow.client.waitUntilConsumerActive(target, {
    signal: controller.signal,
  }).catch((error) => error);
  await slow.reached(slow.sent.length + 1);
  controller.abort("enough");
  assertEquals(await waiting, "enough");
  assertEquals(slow.clock.pendingTimers, 0);

  const gone = stub(() => failure("ResourceNotFoundException"));
  await assertRejects(
    () => gone.run(gone.client.waitUntilConsumerActive(target)),
    ServiceError,
  );
});

Deno.test("KinesisClient reads an answer by the type that it states, whatever it was asked in", async () => {
  const answer = { ShardId: "s", SequenceNumber: "1" };
  const fault = { __type: "ResourceNotFoundException", message: "no" };
  const json = { "content-type": "application/x-amz-json-1.1" };
  const cbor = { "content-type": "application/x-amz-cbor-1.1" };
  const write = (headers: HeadersInit, body: object, status = 200) =>
    new Response(
      headers === json ? JSON.stringify(body) : cborCodec.encode("", body),
      { headers, status },
    );
  for (const headers of [json, cbor]) {
    // The stub reads requests in JSON.
    const { client, run } = stub((_, n) =>
      n === 0 ? write(headers, answer) : write(headers, fault, 400)
    );
    const put = () =>
      run(
        client.putRecord({
          StreamName: "s",
          Data: new Uint8Array(),
          PartitionKey: "k",
        }),
      );
    assertEquals(await put(), answer);
    const error = await assertRejects(put, ServiceError);
    assertEquals(error.code, "ResourceNotFoundException");
  }
  for (
    const [headers, body] of [[json, cborCodec.encode("", answer)], [
      cbor,
      JSON.stringify(answer),
    ], [{ "content-type": "text/html" }, "<html>"]] as const
  ) {
    const { client, run } = stub(() => new Response(body, { headers }), {
      retry: { maxAttempts: 1 },
    });
    const error = await assertRejects(
      () => run(client.listStreams()),
      ResponseError,
      "the answer cannot be read",
    );
    if (body === "<html>") assertStringIncludes(error.message, "text/html");
  }
});
