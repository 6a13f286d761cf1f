import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import { KinesisServer } from "../../testing/mod.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { call, fails, ok } from "./_call.ts";
import { keysOf, QueueCaller, type Received, withQueue } from "./_queue.ts";

const ACK = "AcknowledgeQueueRecords";
const VISIBILITY = "UpdateQueueRecordsVisibility";
const handlesOf = (records: readonly Received[]) =>
  records.map((record) => record.ReceiptHandle);
// Times in CBOR are milliseconds, which the decoder of the tests takes for seconds.
/** Lets all promises settle. */
const settle = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("ReceiveQueueRecords answers the same in JSON and CBOR", async () => {
  const data = new Uint8Array([0, 1, 250, 255]);
  for (const protocol of ["json", "cbor"] as const) {
    const { fetch, queue, server } = withQueue({}, {}, protocol);
    await ok(fetch, "PutRecord", {
      StreamName: "s",
      PartitionKey: '"k"',
      Data: data.toBase64(),
    });
    server.advance(1_500);
    const [record] = await queue.receive();
    const { ReceiptHandle, RecordId, ...rest } = record!;
    assert(ReceiptHandle.length <= 1_024);
    assertMatch(RecordId, /^[a-z0-9]{1,64}$/);
    const time = (ms: number) =>
      protocol === "json" ? ms / 1_000 : new Date(ms * 1_000);
    assertEquals(rest as unknown, {
      PartitionKey: '"k"',
      Data: protocol === "json" ? data.toBase64() : data,
      ApproximateArrivalTimestamp: time(1_700_000_000_000),
      FirstReceiveTimestamp: time(1_700_000_001_500),
      ReceiveCount: 1,
    });
    assertEquals((await queue.entries(ACK, [ReceiptHandle])).ok, [
      ReceiptHandle,
    ]);
    assertEquals(server.log.at(-2)!.records, 1);
  }
});

Deno.test("ReceiveQueueRecords hides a record for the visibility timeout, and gives a new handle afterwards", async () => {
  const { server, queue, put, receiveNow } = withQueue();
  await put("a");
  const [first] = await queue.receive();
  server.advance(29_999);
  assertEquals(await receiveNow(), []);
  server.advance(1);
  const [second] = await receiveNow();
  assertEquals(second!.RecordId, first!.RecordId);
  assertNotEquals(second!.ReceiptHandle, first!.ReceiptHandle);
  assertEquals([first!.ReceiveCount, second!.ReceiveCount], [1, 2]);
  assertEquals(
    await queue.entries(ACK, handlesOf([first!, second!])),
    { ok: [second!.ReceiptHandle], failed: ["ResourceNotFoundException"] },
  );
  server.advance(60_000);
  assertEquals(await receiveNow(), []);
});

Deno.test("ReceiveQueueRecords takes the timeout of the request before that of the queue", async () => {
  const { server, queue, put, receiveNow } = withQueue({
    visibilityTimeoutSeconds: 100,
  });
  await put("a");
  await queue.receive({ VisibilityTimeoutSeconds: 5 });
  server.advance(5_000);
  await queue.receive();
  server.advance(99_999);
  assertEquals(await receiveNow(), []);
  server.advance(1);
  assertEquals(
    (await queue.receive({ VisibilityTimeoutSeconds: 0 })).length,
    1,
  );
  assertEquals((await queue.receive()).length, 1);
});

Deno.test("ReceiveQueueRecords delivers in no order, the same for the same seed", async () => {
  const orders: string[][] = [];
  for (let run = 0; run < 2; run++) {
    const { queue, put } = withQueue();
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
    await put(...keys);
    const order: string[] = [];
    while (order.length < 40) {
      const records = await queue.receive({ Limit: 7 });
      assert(records.length <= 7);
      order.push(...records.map((record) => record.PartitionKey!));
    }
    assertEquals([...order].sort(), [...keys].sort());
    assertNotEquals(order, keys);
    orders.push(order);
  }
  assertEquals(orders[0], orders[1]);
});

Deno.test("ReceiveQueueRecords waits for a record", async () => {
  const { server, queue, put } = withQueue();
  const answer = queue.receive({ WaitTimeSeconds: 20 });
  await settle();
  await put("a");
  assertEquals(keysOf(await deadline(answer, 1_000)), ["a"]);
  // A visibility timeout that ends.
  const again = queue.receive({
    VisibilityTimeoutSeconds: 10,
    WaitTimeSeconds: 20,
  });
  await settle();
  server.advance(19_999);
  await settle();
  assertEquals(server.queue(queue.arn).inFlight.length, 1);
  server.advance(1);
  assertEquals(await deadline(again, 1_000), []);
  const third = queue.receive({ WaitTimeSeconds: 20 });
  await settle();
  server.advance(15_000);
  const [record] = await deadline(third, 1_000);
  assertEquals(record!.ReceiveCount, 2);
  // Received when it became visible, in the middle of the step of 15 seconds.
  assertEquals(
    server.queue(queue.arn).inFlight[0]!.visibleAt!.getTime() - server.now(),
    25_000,
  );
  // A record that is given back.
  const fourth = queue.receive();
  await settle();
  await queue.entries(VISIBILITY, [record!.ReceiptHandle], 0);
  assertEquals((await deadline(fourth, 1_000))[0]!.ReceiveCount, 3);
});

Deno.test("ReceiveQueueRecords returns nothing after its wait of 9 seconds", async () => {
  const { server, queue, put } = withQueue();
  let answered: Received[] | undefined;
  const answer = queue.receive().then((records) => answered = records);
  await settle();
  server.advance(8_999);
  await settle();
  assertEquals(answered, undefined);
  server.advance(1);
  await deadline(answer, 1_000);
  assertEquals(answered, []);
  await put("a");
  assertEquals(server.queue(queue.arn).visible.length, 1);
});

Deno.test("ReceiveQueueRecords takes no record after its signal has aborted", async () => {
  const { server, fetch, arn, put } = withQueue();
  const controller = new AbortController();
  const answer = call(fetch, "ReceiveQueueRecords", { QueueARN: arn }, {
    signal: controller.signal,
  });
  await settle();
  const reason = new Error("enough");
  controller.abort(reason);
  await assertRejects(() => answer, Error, "enough");
  await put("a");
  assertEquals(server.queue(arn).visible.length, 1);
  assertEquals(server.queue(arn).inFlight, []);
});

Deno.test("ReceiveQueueRecords behind a port takes no record after its client has gone", async () => {
  const { server, arn, put } = withQueue();
  const http = Deno.serve({ port: 0, onListen: () => {} }, server.fetch);
  const url = `http://127.0.0.1:${http.addr.port}/`;
  const controller = new AbortController();
  const answer = fetch(url, {
    method: "POST",
    headers: { "x-amz-target": "Kinesis_20131202.ReceiveQueueRecords" },
    body: JSON.stringify({ QueueARN: arn }),
    signal: controller.signal,
  });
  answer.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  controller.abort();
  await assertRejects(() => answer, DOMException);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await put("a");
  assertEquals(server.queue(arn).visible.length, 1);
  await http.shutdown();
});

Deno.test("ReceiveQueueRecords gives each record to one of several waiting receives", async () => {
  const { server, queue, put } = withQueue();
  const answers = [1, 2, 3].map(() => queue.receive());
  await settle();
  await put("a");
  server.advance(4_000);
  await put("b");
  server.advance(9_000);
  const received = await Promise.all(answers);
  assertEquals(keysOf(received.flat()), ["a", "b"]);
});

Deno.test("UpdateQueueRecordsVisibility extends and ends a flight, counted from the request", async () => {
  const { server, queue, put, receiveNow } = withQueue();
  await put("a");
  const [record] = await queue.receive();
  server.advance(20_000);
  const handles = [record!.ReceiptHandle];
  assertEquals((await queue.entries(VISIBILITY, handles, 30)).ok, handles);
  server.advance(29_999);
  assertEquals(await receiveNow(), []);
  await queue.entries(VISIBILITY, handles, 0);
  // A record that is visible has no timeout to change.
  assertEquals((await queue.entries(VISIBILITY, handles, 5)).failed, [
    "InvalidArgumentException",
  ]);
  const [again] = await receiveNow();
  assertEquals(again!.ReceiveCount, 2);
  assertEquals((await queue.entries(VISIBILITY, handles, 5)).failed, [
    "ResourceNotFoundException",
  ]);
});

Deno.test("AcknowledgeQueueRecords takes the latest handle until the record is received again", async () => {
  const { server, queue, put, receiveNow } = withQueue();
  await put("a");
  const [record] = await queue.receive();
  server.advance(31_000);
  const handles = [record!.ReceiptHandle];
  assertEquals((await queue.entries(ACK, handles)).ok, handles);
  assertEquals(await receiveNow(), []);
  assertEquals((await queue.entries(ACK, handles)).failed, [
    "ResourceNotFoundException",
  ]);
});

Deno.test("AcknowledgeQueueRecords judges each entry alone", async () => {
  const { server, fetch, queue, put } = withQueue();
  const { queueARN } = server.createQueue("s", {
    name: "other",
    startingPosition: "TRIM_HORIZON",
  });
  const other = new QueueCaller(fetch, queueARN);
  await put("a", "b");
  const [mine] = await queue.receive({ Limit: 1 });
  const theirs = await other.receive();
  const byKey = theirs.find((r) => r.PartitionKey === mine!.PartitionKey);
  assertEquals(byKey!.RecordId, mine!.RecordId);
  const handles = [mine!.ReceiptHandle, theirs[0]!.ReceiptHandle, "nonsense"];
  const answer = await queue.call(ACK, {
    Entries: handles.map((ReceiptHandle) => ({ ReceiptHandle })),
  });
  assertEquals(answer.Successful, [{ ReceiptHandle: handles[0] }]);
  assertEquals(
    answer.Failed.map((one: Record<string, string>) => [
      one.ReceiptHandle,
      one.ErrorCode,
      typeof one.ErrorMessage,
    ]),
    handles.slice(1).map((
      handle,
    ) => [handle, "InvalidArgumentException", "string"]),
  );
  await fails(fetch, "ValidationException", ACK, {
    QueueARN: queue.arn,
    Entries: [],
  });
  await fails(fetch, "ValidationException", ACK, {
    QueueARN: queue.arn,
    Entries: Array(11).fill({ ReceiptHandle: "x" }),
  });
});

Deno.test("a record becomes a dead letter after its last receive, and can be restored", async () => {
  const { server, queue, put, receiveNow } = withQueue({
    maxReceiveCount: 2,
    visibilityTimeoutSeconds: 10,
  });
  await put("a");
  const first = await queue.receive();
  server.advance(10_000);
  const [last] = await queue.receive();
  assertEquals(server.queue(queue.arn).deadLetters, []);
  server.advance(10_000);
  assertEquals(await receiveNow(), []);
  const [letter] = await receiveNow({}, true);
  assertEquals(letter!.RecordId, first[0]!.RecordId);
  assertEquals([last!.ReceiveCount, letter!.ReceiveCount], [2, 3]);
  // Handles of records and of dead letters are not interchangeable.
  const RESTORE = "RestoreDeadLetterQueueRecords";
  assertEquals((await queue.entries(ACK, handlesOf([last!, letter!]))).failed, [
    "ResourceNotFoundException",
    "InvalidArgumentException",
  ]);
  assertEquals((await queue.entries(RESTORE, [last!.ReceiptHandle])).failed, [
    "InvalidArgumentException",
  ]);
  // A dead letter that is not acknowledged becomes visible again.
  server.advance(10_000);
  assertEquals(server.queue(queue.arn).deadLetters[0]!.visibleAt, undefined);
  const [again] = await receiveNow({}, true);
  const handles = [again!.ReceiptHandle];
  assertEquals((await queue.entries(RESTORE, handles)).ok, handles);
  assertEquals((await queue.entries(RESTORE, handles)).failed, [
    "ResourceNotFoundException",
  ]);
  const [restored] = await receiveNow();
  assertEquals(restored!.ReceiveCount, 1);
  assertEquals(restored!.RecordId, letter!.RecordId);
  assertEquals(server.queue(queue.arn).deadLetters, []);
});

Deno.test("AcknowledgeDeadLetterQueueRecords and UpdateDeadLetterQueueRecordsVisibility change dead letters", async () => {
  const { server, queue, put, receiveNow } = withQueue({ maxReceiveCount: 1 });
  await put("a", "b");
  await queue.entries(VISIBILITY, handlesOf(await queue.receive()), 0);
  const letters = await queue.receiveDead();
  assertEquals(keysOf(letters), ["a", "b"]);
  const [one, two] = handlesOf(letters) as [string, string];
  const action = "UpdateDeadLetterQueueRecordsVisibility";
  assertEquals((await queue.entries(action, [one], 100)).ok, [one]);
  assertEquals((await queue.entries(action, [two], 0)).ok, [two]);
  assertEquals((await receiveNow({}, true)).length, 1);
  server.advance(30_000);
  assertEquals(
    (await queue.entries("AcknowledgeDeadLetterQueueRecords", [one])).ok,
    [one],
  );
  assertEquals(server.queue(queue.arn).deadLetters.length, 1);
});

Deno.test("a queue without dead letters delivers a record until it is acknowledged", async () => {
  const { queue, put } = withQueue({ maxReceiveCount: false });
  await put("a");
  for (let i = 1; i <= 20; i++) {
    const [record] = await queue.receive({ VisibilityTimeoutSeconds: 0 });
    assertEquals(record!.ReceiveCount, i);
  }
  const { QueueDescription } = await queue.call("DescribeQueue", {});
  assertEquals(QueueDescription.QueueAttributes, {
    VisibilityTimeoutSeconds: 30,
    DeadLetterConfiguration: { TargetType: "NONE" },
  });
});

Deno.test("a record leaves the queue at the end of the retention period of its stream", async () => {
  const { server, queue, put, receiveNow } = withQueue({ maxReceiveCount: 1 });
  const HOUR = 3_600_000;
  await put("dead");
  await queue.entries(VISIBILITY, handlesOf(await queue.receive()), 0);
  await put("one", "two");
  server.advance(13 * HOUR);
  await queue.receive({ Limit: 1, VisibilityTimeoutSeconds: 43_200 });
  server.advance(11 * HOUR - 1);
  await put("later");
  const before = server.queue(queue.arn);
  assertEquals([before.visible.length, before.inFlight.length], [2, 1]);
  const letters = await queue.receiveDead({ VisibilityTimeoutSeconds: 100 });
  server.advance(2);
  const { visible, inFlight, deadLetters } = server.queue(queue.arn);
  assertEquals(visible.map((record) => record.partitionKey), ["later"]);
  assertEquals([inFlight, deadLetters], [[], []]);
  assertEquals(
    (await queue.entries("RestoreDeadLetterQueueRecords", handlesOf(letters)))
      .failed,
    letters.map(() => "ResourceNotFoundException"),
  );
  assertEquals(keysOf(await receiveNow()), ["later"]);
});

Deno.test("a queue has at most maxInFlightQueueRecords records in flight", async () => {
  const { server, queue, put } = withQueue({}, { maxInFlightQueueRecords: 12 });
  await put(...Array.from({ length: 30 }, (_, i) => `k${i}`));
  const first = await queue.receive();
  assertEquals((await queue.receive()).length, 2);
  const waiting = queue.receive({ WaitTimeSeconds: 20 });
  await settle();
  assertEquals(server.queue(queue.arn).inFlight.length, 12);
  await queue.entries(ACK, handlesOf(first.slice(0, 3)));
  assertEquals((await deadline(waiting, 1_000)).length, 3);
  const empty = queue.receive({ WaitTimeSeconds: 1 });
  await settle();
  server.advance(1_000);
  assertEquals(await deadline(empty, 1_000), []);
});

Deno.test("a queue starts at LATEST, TRIM_HORIZON or a time", async () => {
  const { server, fetch, put } = withQueue();
  await put("old");
  server.advance(1_000);
  const since = server.now();
  await put("new");
  server.advance(1_000);
  const found: Record<string, string[]> = {};
  const positions = { LATEST: "LATEST", TRIM_HORIZON: "TRIM_HORIZON" } as const;
  for (
    const [name, startingPosition] of Object.entries({
      ...positions,
      AT: new Date(since),
    })
  ) {
    const { queueARN } = server.createQueue("s", { name, startingPosition });
    await put(`after ${name}`);
    found[name] = server.queue(queueARN).visible
      .map((record) => record.partitionKey!)
      .filter((key) => !key.startsWith("after"));
    const { QueueDescription } = await ok(fetch, "DescribeQueue", {
      QueueARN: queueARN,
    });
    const [{ StartingPosition: { Timestamp } }] =
      QueueDescription.StreamConfigurationList;
    assertEquals(
      Timestamp * 1_000,
      server.now() - { LATEST: 0, TRIM_HORIZON: 2_000, AT: 1_000 }[name]!,
    );
  }
  assertEquals(found, {
    LATEST: [],
    TRIM_HORIZON: ["old", "new"],
    AT: ["new"],
  });
});

Deno.test("a queue delivers the records of all shards after reshards", async () => {
  const server = new KinesisServer({ clock: new FakeClock(), limits: false });
  const { shardIds } = server.createStream("s", { mode: "ON_DEMAND" });
  const { queueARN } = server.createQueue("s");
  const queue = new QueueCaller(server.fetch, queueARN);
  const put = (key: string) =>
    ok(server.fetch, "PutRecord", {
      StreamName: "s",
      PartitionKey: key,
      Data: "",
    });
  for (let i = 0; i < 10; i++) await put(`a${i}`);
  const waiting = queue.receive({ Limit: 1 });
  server.split("s", shardIds[0]!);
  server.merge("s", shardIds[1]!, shardIds[2]!);
  for (let i = 0; i < 10; i++) await put(`b${i}`);
  assertEquals((await waiting).length, 1);
  assertEquals(server.queue(queueARN).visible.length, 19);
  // A receive that has waited during a reshard hears of the records of the children.
  for (let i = 0; i < 2; i++) await queue.receive();
  const last = queue.receive();
  await settle();
  server.split("s", shardIds[3]!);
  for (let i = 0; i < 8; i++) await put(`c${i}`);
  assert((await deadline(last, 1_000)).length > 0);
});

Deno.test("CreateQueue, UpdateQueue and DeleteQueue take transitionMs", async () => {
  for (const protocol of ["json", "cbor"] as const) {
    const server = new KinesisServer({
      clock: new FakeClock(),
      transitionMs: 1_000,
    });
    const { streamARN } = server.createStream("s", { mode: "ON_DEMAND" });
    const run = (action: string, input: unknown) =>
      ok(server.fetch, action, input, { protocol });
    const put = (key: string) =>
      run("PutRecord", {
        StreamName: "s",
        PartitionKey: key,
        Data: protocol === "json" ? "" : new Uint8Array(),
      });
    const { QueueDescription: created } = await run("CreateQueue", {
      QueueName: "q",
      StreamConfigurationList: [{ StreamARN: streamARN }],
      Tags: { team: "a" },
    });
    const QueueARN = created.QueueARN;
    const date = (ms: number) =>
      protocol === "json" ? ms / 1_000 : new Date(ms * 1_000);
    assertMatch(
      QueueARN,
      /^arn:aws:kinesis:us-east-1:123456789012:queue\/[a-z0-9]+$/,
    );
    assertEquals(created, {
      QueueName: "q",
      QueueARN,
      QueueStatus: "CREATING",
      QueueCreationTimestamp: date(1_700_000_000_000),
      StreamConfigurationList: [{
        StreamARN: streamARN,
        StartingPosition: { Type: "LATEST" },
      }],
      QueueAttributes: {
        VisibilityTimeoutSeconds: 30,
        DeadLetterConfiguration: {
          TargetType: "BUILT_IN",
          MaxReceiveCount: 6,
        },
      },
    });
    const failing = (type: string, action: string, input: object = {}) =>
      fails(server.fetch, type, action, { QueueARN, ...input }, { protocol });
    await put("before");
    await failing("ResourceNotFoundException", "ReceiveQueueRecords");
    await failing("ResourceInUseException", "UpdateQueue", {
      QueueAttributes: { VisibilityTimeoutSeconds: 1 },
    });
    server.advance(1_000);
    await put("after");
    const describe = async () =>
      (await run("DescribeQueue", { QueueARN })).QueueDescription;
    const active = await describe();
    assertEquals(active.QueueStatus, "ACTIVE");
    assertEquals(
      active.StreamConfigurationList[0].StartingPosition.Timestamp,
      date(1_700_000_001_000),
    );
    assertEquals(
      keysOf(
        (await run("ReceiveQueueRecords", {
          QueueARN,
          VisibilityTimeoutSeconds: 0,
        })).QueueRecords,
      ),
      ["after"],
    );
    // A queue that is UPDATING delivers, with its old timeout.
    const { QueueDescription: updated } = await run("UpdateQueue", {
      QueueARN,
      QueueAttributes: { VisibilityTimeoutSeconds: 5 },
    });
    assertEquals(updated.QueueStatus, "UPDATING");
    assertEquals(updated.QueueAttributes.VisibilityTimeoutSeconds, 5);
    assertEquals(
      updated.QueueAttributes.DeadLetterConfiguration.MaxReceiveCount,
      6,
    );
    await run("ReceiveQueueRecords", { QueueARN });
    assertEquals(
      server.queue(QueueARN).inFlight[0]!.visibleAt!.getTime() - server.now(),
      30_000,
    );
    server.advance(30_000);
    await run("ReceiveQueueRecords", { QueueARN });
    assertEquals(
      server.queue(QueueARN).inFlight[0]!.visibleAt!.getTime() - server.now(),
      5_000,
    );
    // A receive that waits ends when the queue is deleted.
    const waiting = call(server.fetch, "ReceiveQueueRecords", { QueueARN }, {
      protocol,
    });
    await settle();
    await run("DeleteQueue", { QueueARN });
    assertEquals((await waiting).body.__type, "ResourceNotFoundException");
    assertEquals((await describe()).QueueStatus, "DELETING");
    await failing("ResourceNotFoundException", "ReceiveQueueRecords");
    await fails(server.fetch, "ResourceInUseException", "DeleteStream", {
      StreamARN: streamARN,
    });
    server.advance(1_000);
    await failing("ResourceNotFoundException", "DescribeQueue");
    await run("DeleteStream", { StreamARN: streamARN });
  }
});

Deno.test("UpdateQueue with a lower MaxReceiveCount turns visible records into dead letters", async () => {
  const { server, queue, put } = withQueue({ visibilityTimeoutSeconds: 0 });
  await put("a", "b");
  for (let i = 0; i < 3; i++) await queue.receive({ Limit: 2 });
  const attributes = (MaxReceiveCount?: number) => ({
    QueueAttributes: {
      DeadLetterConfiguration: { TargetType: "BUILT_IN", MaxReceiveCount },
    },
  });
  await queue.call("UpdateQueue", attributes(3));
  assertEquals(server.queue(queue.arn).deadLetters.length, 2);
  await fails(queue.fetch, "ValidationException", "UpdateQueue", {
    QueueARN: queue.arn,
    ...attributes(),
  });
});

Deno.test("CreateQueue refuses what the service refuses", async () => {
  const { server, fetch } = withQueue();
  const { streamARN } = server.createStream("provisioned");
  const onDemand = streamARN.replace("provisioned", "s");
  const create = (type: string, source: unknown, more = {}) =>
    fails(fetch, type, "CreateQueue", {
      QueueName: "q",
      StreamConfigurationList: [source].flat(),
      ...more,
    });
  const entry = { StreamARN: onDemand };
  await create("ValidationException", { StreamARN: streamARN });
  await create("ValidationException", [entry, entry]);
  await create("ValidationException", []);
  await create("ResourceNotFoundException", { StreamARN: `${onDemand}x` });
  await create("ResourceInUseException", entry, { QueueName: "s-queue" });
  const at = (Type: string, Timestamp?: number) => ({
    ...entry,
    StartingPosition: { Type, Timestamp },
  });
  await create("ValidationException", at("AT_TIMESTAMP"));
  await create("ValidationException", at("LATEST", 1));
  await create("InvalidArgumentException", at("AT_TIMESTAMP", 1.8e9));
  const letters = (DeadLetterConfiguration: unknown) => ({
    QueueAttributes: { DeadLetterConfiguration },
  });
  await create(
    "ValidationException",
    entry,
    letters({ TargetType: "BUILT_IN" }),
  );
  await create(
    "ValidationException",
    entry,
    letters({ TargetType: "BUILT_IN", MaxReceiveCount: 1_001 }),
  );
  await create("ValidationException", entry, {
    QueueAttributes: { VisibilityTimeoutSeconds: 43_201 },
  });
  assertEquals((await ok(fetch, "ListQueues")).QueueSummaries.length, 1);
});

Deno.test("queues and registered consumers share the limit of a stream", async () => {
  const { server, fetch, arn } = withQueue();
  const StreamARN = arn.replace(/queue\/.*/, "stream/s");
  for (let i = 0; i < 5; i++) {
    await ok(fetch, "RegisterStreamConsumer", {
      StreamARN,
      ConsumerName: `c${i}`,
    });
  }
  for (let i = 0; i < 14; i++) server.createQueue("s", { name: `q${i}` });
  await fails(fetch, "LimitExceededException", "CreateQueue", {
    QueueName: "q",
    StreamConfigurationList: [{ StreamARN }],
  });
  await fails(fetch, "LimitExceededException", "RegisterStreamConsumer", {
    StreamARN,
    ConsumerName: "c",
  });
  const { StreamDescriptionSummary: summary } = await ok(
    fetch,
    "DescribeStreamSummary",
    { StreamARN },
  );
  assertEquals([summary.ConsumerCount, summary.QueueCount], [5, 15]);
});

Deno.test("a queue keeps its stream from being deleted and from becoming provisioned", async () => {
  const { fetch, arn } = withQueue();
  const StreamARN = arn.replace(/queue\/.*/, "stream/s");
  const mode = { StreamARN, StreamModeDetails: { StreamMode: "PROVISIONED" } };
  await fails(fetch, "ResourceInUseException", "DeleteStream", {
    StreamARN,
    EnforceConsumerDeletion: true,
  });
  await fails(fetch, "ResourceInUseException", "UpdateStreamMode", mode);
  await ok(fetch, "DeleteQueue", { QueueARN: arn });
  await ok(fetch, "UpdateStreamMode", mode);
  await ok(fetch, "DeleteStream", { StreamARN });
});

Deno.test("an account has at most 5 queues that are CREATING or DELETING", async () => {
  const { fetch, server, arn } = withQueue({}, { transitionMs: 1_000 });
  const StreamARN = arn.replace(/queue\/.*/, "stream/s");
  const create = (QueueName: string) => ({
    QueueName,
    StreamConfigurationList: [{ StreamARN }],
  });
  await ok(fetch, "DeleteQueue", { QueueARN: arn });
  for (let i = 0; i < 4; i++) await ok(fetch, "CreateQueue", create(`q${i}`));
  await fails(fetch, "LimitExceededException", "CreateQueue", create("q"));
  server.advance(1_000);
  await ok(fetch, "CreateQueue", create("q"));
});

Deno.test("ListQueues pages by name and filters by stream", async () => {
  const { fetch, server, arn } = withQueue();
  server.createStream("t", { mode: "ON_DEMAND" });
  for (const name of ["c", "a", "b"]) server.createQueue("t", { name });
  const StreamARN = arn.replace(/queue\/.*/, "stream/t");
  const list = (input: unknown) => ok(fetch, "ListQueues", input);
  const names = (answer: { QueueSummaries: { QueueName: string }[] }) =>
    answer.QueueSummaries.map(({ QueueName }) => QueueName);
  const first = await list({ MaxResults: 2, StreamFilter: [{ StreamARN }] });
  assertEquals(names(first), ["a", "b"]);
  const second = await list({ NextToken: first.NextToken });
  assertEquals(names(second), ["c"]);
  assertEquals("NextToken" in second, false);
  assertEquals(names(await list({})), ["a", "b", "c", "s-queue"]);
  assertEquals(first.QueueSummaries[0].Streams, [{
    StreamARN,
    StreamCreationTimestamp: 1_700_000_000,
  }]);
  const created = (StreamCreationTimestamp: number) =>
    list({ StreamFilter: [{ StreamARN, StreamCreationTimestamp }] });
  assertEquals(names(await created(1_700_000_000)).length, 3);
  assertEquals(names(await created(1_600_000_000)).length, 0);
  server.advance(300_001);
  await fails(fetch, "ExpiredNextTokenException", "ListQueues", {
    NextToken: first.NextToken,
  });
});

Deno.test("queues have tags and a policy", async () => {
  const { fetch, arn: ResourceARN } = withQueue();
  await ok(fetch, "TagResource", { ResourceARN, Tags: { a: "1", b: "2" } });
  await ok(fetch, "UntagResource", { ResourceARN, TagKeys: ["a"] });
  assertEquals((await ok(fetch, "ListTagsForResource", { ResourceARN })).Tags, [
    { Key: "b", Value: "2" },
  ]);
  const Policy = '{"Statement":[]}';
  await ok(fetch, "PutResourcePolicy", { ResourceARN, Policy });
  const { Policy: stored } = await ok(fetch, "GetResourcePolicy", {
    ResourceARN,
  });
  assertEquals(stored, Policy);
  await ok(fetch, "DeleteResourcePolicy", { ResourceARN });
  await fails(fetch, "ResourceNotFoundException", "TagResource", {
    ResourceARN: `${ResourceARN}x`,
    Tags: { a: "1" },
  });
});

Deno.test("KinesisServer.close answers the receives that wait", async () => {
  const { fetch, server, arn } = withQueue();
  const waiting = call(fetch, "ReceiveQueueRecords", { QueueARN: arn });
  await settle();
  server.close();
  assertEquals((await waiting).body.__type, "ResourceNotFoundException");
});
