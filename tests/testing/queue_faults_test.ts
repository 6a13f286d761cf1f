import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { AwsV4Signer } from "aws4fetch";
import {
  type FaultPlan,
  KinesisServer,
  withFaults,
} from "../../testing/mod.ts";
import { call } from "./_call.ts";
import { keysOf, QueueCaller, withQueue } from "./_queue.ts";

const ACK = "AcknowledgeQueueRecords";

function withPlan(
  rules: FaultPlan["rules"],
  protocol: "json" | "cbor" = "json",
) {
  const made = withQueue({ maxReceiveCount: 2 });
  const fetch = withFaults(made.fetch, { rules });
  return {
    ...made,
    fetch,
    queue: new QueueCaller(fetch, made.arn, { protocol }),
  };
}

Deno.test("withFaults fails some entries of each action on queue records", async () => {
  for (const protocol of ["json", "cbor"] as const) {
    let chosen = "";
    const { server, queue, arn, put, fetch } = withPlan([{
      fault: {
        type: "partial",
        fail: ({ receiptHandle, partitionKey }) =>
          receiptHandle === chosen && partitionKey === "",
      },
    }], protocol);
    const failOne = async (
      action: string,
      handles: string[],
      seconds?: number,
    ) => {
      chosen = handles[0]!;
      const { ok, failed } = await queue.entries(
        action,
        [...handles, "x"],
        seconds,
      );
      assertEquals(ok, handles.slice(1));
      assertEquals(failed, ["InvalidArgumentException", "ThrottlingException"]);
    };
    const handles = async (dead = false) =>
      (await (dead ? queue.receiveDead() : queue.receive()))
        .map((record) => record.ReceiptHandle);
    await put("a", "b", "c");
    const first = await handles();
    await failOne("UpdateQueueRecordsVisibility", first, 0);
    assertEquals(server.queue(arn).visible.length, 2);
    await failOne(ACK, await handles());
    // One record is acknowledged, two are dead letters.
    server.advance(30_000);
    server.advance(30_000);
    for (let i = 0; i < 2 && server.queue(arn).visible.length; i++) {
      await handles();
      server.advance(30_000);
    }
    assertEquals(server.queue(arn).deadLetters.length, 2);
    await failOne(
      "UpdateDeadLetterQueueRecordsVisibility",
      await handles(true),
      0,
    );
    server.advance(30_000);
    await failOne("RestoreDeadLetterQueueRecords", await handles(true));
    assertEquals(server.queue(arn).visible.length, 1);
    server.advance(30_000);
    const [last] = await handles(true);
    chosen = last!;
    const action = "AcknowledgeDeadLetterQueueRecords";
    assertEquals((await queue.entries(action, [last!])).failed, [
      "ThrottlingException",
    ]);
    chosen = "";
    assertEquals((await queue.entries(action, [last!])).ok, [last!]);
    assertEquals(fetch.counts, { partial: 5 });
  }
});

Deno.test("withFaults throttles the actions on queue records with ThrottlingException", async () => {
  const { fetch, arn } = withPlan([{ fault: { type: "throttle" } }]);
  for (const action of ["ReceiveQueueRecords", ACK]) {
    const { status, body } = await call(fetch, action, { QueueARN: arn });
    assertEquals([status, body.__type], [400, "ThrottlingException"]);
  }
});

Deno.test("withFaults delivers a record again that is in flight or acknowledged", async () => {
  for (const protocol of ["json", "cbor"] as const) {
    const rules = [{ fault: { type: "duplicate", records: 2 } }] as const;
    const { server, queue, arn, put, fetch } = withPlan(rules, protocol);
    await put("a", "b");
    fetch.enabled = false;
    const first = await queue.receive();
    await queue.entries(ACK, [first[0]!.ReceiptHandle]);
    fetch.enabled = true;
    // One record is acknowledged and one is in flight.
    const again = await queue.receive();
    assertEquals(keysOf(again), ["a", "b"]);
    assertEquals(again.map((record) => record.ReceiveCount), [2, 2]);
    assertEquals(fetch.counts, { duplicate: 1 });
    for (const record of again) {
      const before = first.find(({ RecordId }) => RecordId === record.RecordId);
      assertNotEquals(before!.ReceiptHandle, record.ReceiptHandle);
    }
    assertEquals(server.queue(arn).inFlight.length, 2);
    const handles = again.map((record) => record.ReceiptHandle);
    assertEquals((await queue.entries(ACK, handles)).ok, handles);
    server.advance(60_000);
    assertEquals(server.queue(arn).visible, []);
  }
});

Deno.test("withFaults counts no duplicate if there is none, and keeps to limits", async () => {
  const { queue, put, fetch, server, arn } = withPlan([
    { fault: { type: "duplicate", records: 3 } },
  ]);
  await put("a", "b", "c", "d");
  const first = await queue.receive({ Limit: 3 });
  assertEquals(first.length, 3);
  assertEquals(fetch.counts, { duplicate: 0 });
  assertEquals((await queue.receive({ Limit: 2 })).length, 2);
  assertEquals(fetch.counts, { duplicate: 1 });
  assertEquals(server.queue(arn).visible.length, 1);
  assert(server.queue(arn).inFlight.length === 3);
  assertThrows(
    () => withPlan([{ fault: { type: "duplicate", records: 11 } }]),
    RangeError,
    "'records' must be an integer from 1 to 10",
  );
});

Deno.test("withFaults leaves the signature of a request valid when it asks for duplicates", async () => {
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  const server = new KinesisServer({ credentials });
  server.createStream("s", { mode: "ON_DEMAND" });
  const { queueARN } = server.createQueue("s", {
    startingPosition: "TRIM_HORIZON",
  });
  const fetch = withFaults(server.fetch, {
    rules: [{ fault: { type: "duplicate" } }],
  });
  const send = async (action: string, input: unknown) => {
    const { method, url, headers, body } = await new AwsV4Signer({
      ...credentials,
      url: "https://kinesis.us-east-1.amazonaws.com/",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `Kinesis_20131202.${action}`,
      },
      body: JSON.stringify(input),
      service: "kinesis",
      region: "us-east-1",
    }).sign();
    const response = await fetch(url, { method, headers, body });
    assertEquals(response.status, 200);
    return await response.json();
  };
  await send("PutRecord", { StreamName: "s", PartitionKey: "k", Data: "" });
  const receive = { QueueARN: queueARN };
  const [first] = (await send("ReceiveQueueRecords", receive)).QueueRecords;
  const [again] = (await send("ReceiveQueueRecords", receive)).QueueRecords;
  assertEquals(again.RecordId, first.RecordId);
  assertEquals(again.ReceiveCount, 2);
  assertEquals(fetch.counts, { duplicate: 1 });
});
