import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Fetch, KinesisClient } from "../../client/mod.ts";
import { TimeoutError, WaiterError } from "../../errors.ts";
import { KinesisServer } from "../../testing/mod.ts";
import { FakeClock } from "../_services/fake_clock.ts";

const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
/** Without variables and files, which take real time to read. */
const environment = {
  env: () => undefined,
  readTextFile: () => Promise.reject(new Error("There are no files")),
};

function setUp(protocol: "json" | "cbor" = "json") {
  const server = new KinesisServer({ limits: false });
  server.createStream("s", { mode: "ON_DEMAND" });
  const client = new KinesisClient({
    region: "us-east-1",
    credentials,
    protocol,
    fetch: server.fetch,
  });
  return { server, client };
}

for (const protocol of ["json", "cbor"] as const) {
  Deno.test(`KinesisClient creates a queue, receives, acknowledges, gives back and restores, over ${protocol}`, async () => {
    const { client } = setUp(protocol);
    const { StreamDescriptionSummary: { StreamARN } } = await client
      .describeStreamSummary({ StreamName: "s" });
    const startsAt = new Date(Date.now() - 60_000);
    const { QueueDescription: { QueueARN } } = await client.createQueue({
      QueueName: "q",
      StreamConfigurationList: [{
        StreamARN,
        StartingPosition: { Type: "AT_TIMESTAMP", Timestamp: startsAt },
      }],
      QueueAttributes: {
        VisibilityTimeoutSeconds: 0,
        DeadLetterConfiguration: { TargetType: "BUILT_IN", MaxReceiveCount: 1 },
      },
      Tags: { team: "orders" },
    });
    const queue = await client.waitUntilQueueActive({ QueueARN });
    assertEquals(queue.QueueName, "q");
    assert(queue.QueueCreationTimestamp instanceof Date);
    const [configuration] = queue.StreamConfigurationList;
    assert(configuration!.StartingPosition!.Timestamp instanceof Date);
    const summaries = await Array.fromAsync(client.listAllQueues());
    assertEquals(summaries.map(({ QueueARN }) => QueueARN), [QueueARN]);
    assert(summaries[0]!.Streams[0]!.StreamCreationTimestamp instanceof Date);

    const Data = new Uint8Array([0, 1, 255]);
    await client.putRecord({ StreamName: "s", PartitionKey: "k", Data });
    const { QueueRecords: [record] } = await client.receiveQueueRecords({
      QueueARN,
      VisibilityTimeoutSeconds: 30,
    });
    assertEquals(record!.Data, Data);
    assertEquals(record!.PartitionKey, "k");
    assertEquals(record!.ReceiveCount, 1);
    assert(record!.FirstReceiveTimestamp instanceof Date);
    assert(record!.ApproximateArrivalTimestamp instanceof Date);
    const Entries = [{ ReceiptHandle: record!.ReceiptHandle }];
    const changed = await client.updateQueueRecordsVisibility({
      QueueARN,
      Entries: [{ ...Entries[0]!, VisibilityTimeoutSeconds: 0 }],
    });
    assertEquals(changed, { Successful: Entries, Failed: [] });
    // Delivered once without an acknowledgement: it is a dead letter.
    const { QueueRecords: [letter] } = await client
      .receiveDeadLetterQueueRecords({
        QueueARN,
        VisibilityTimeoutSeconds: 30,
      });
    assertEquals(letter!.RecordId, record!.RecordId);
    const ofLetter = [{ ReceiptHandle: letter!.ReceiptHandle }];
    const restored = await client.restoreDeadLetterQueueRecords({
      QueueARN,
      Entries: ofLetter,
    });
    assertEquals(restored, { Successful: ofLetter, Failed: [] });
    const { QueueRecords: [again] } = await client.receiveQueueRecords({
      QueueARN,
      VisibilityTimeoutSeconds: 30,
    });
    const done = [{ ReceiptHandle: again!.ReceiptHandle }];
    const { Successful } = await client.acknowledgeQueueRecords({
      QueueARN,
      Entries: done,
    });
    assertEquals(Successful, done);
    const { Failed: [failure] } = await client.acknowledgeQueueRecords({
      QueueARN,
      Entries: done,
    });
    assertEquals(failure!.ErrorCode, "ResourceNotFoundException");
    const updated = await client.updateQueue({
      QueueARN,
      QueueAttributes: { VisibilityTimeoutSeconds: 45 },
    });
    assertEquals(
      updated.QueueDescription.QueueAttributes!.VisibilityTimeoutSeconds,
      45,
    );
    await client.waitUntilQueueActive({ QueueARN });
    await client.deleteQueue({ QueueARN });
    await client.waitUntilQueueDeleted({ QueueARN });
    assertEquals(await Array.fromAsync(client.listAllQueues()), []);
  });

  Deno.test(`KinesisClient creates, lists, changes and deletes channels, over ${protocol}`, async () => {
    const { client } = setUp(protocol);
    const { StreamDescriptionSummary: { StreamARN } } = await client
      .describeStreamSummary({ StreamName: "s" });
    const { ChannelDescription: { ChannelARN } } = await client.createChannel({
      ChannelName: "c",
      ServiceExecutionRoleARN: "arn:aws:iam::123456789012:role/delivery",
      StreamConfigurationList: [{
        StreamARN,
        RecordConfiguration: { RecordFormatType: "JSON" },
      }],
      S3DestinationConfiguration: {
        StorageConfiguration: {
          BucketARN: "arn:aws:s3:::bucket",
          ExpectedBucketOwner: "123456789012",
          CompressionType: "GZIP",
        },
      },
    });
    const channel = await client.waitUntilChannelActive({ ChannelARN });
    assert(channel.ChannelCreationTimestamp instanceof Date);
    const [listed] = await Array.fromAsync(client.listAllChannels());
    assertEquals(listed!.ChannelDestinationType, "S3");
    const { ChannelDescription } = await client.updateChannel({
      ChannelARN,
      S3DestinationConfiguration: { DataFreshnessInSeconds: 600 },
    });
    assertEquals(
      ChannelDescription.S3DestinationConfiguration!.DataFreshnessInSeconds,
      600,
    );
    await client.waitUntilChannelActive({ ChannelARN });
    await client.deleteChannel({ ChannelARN });
    await assertRejects(
      () => client.waitUntilChannelActive({ ChannelARN }),
      Error,
    );
  });
}

Deno.test("KinesisClient gives a long poll its wait on top of the time limit", async () => {
  const clock = new FakeClock();
  // Signing takes real time, so the clock moves only when the request is under way.
  let onRequest = () => {};
  const hanging: Fetch = (_url, init) =>
    new Promise((_, reject) => {
      const { signal } = init!;
      signal!.addEventListener("abort", () => reject(signal!.reason));
      onRequest();
    });
  const timeOut = async (call: () => Promise<unknown>) => {
    const sent = new Promise<void>((resolve) => onRequest = resolve);
    const started = clock.now();
    const calling = call();
    calling.catch(() => {});
    await sent;
    const error = await assertRejects(
      () => clock.runUntil(calling),
      TimeoutError,
    );
    assertEquals(clock.now() - started, error.timeoutMs);
    return error.timeoutMs;
  };
  const client = new KinesisClient({
    region: "us-east-1",
    credentials,
    fetch: hanging,
    environment,
    timeoutMs: 3_000,
    retry: { maxAttempts: 1 },
    clock,
  });
  const QueueARN = "arn:aws:kinesis:us-east-1:123456789012:queue/q-1";
  for (
    const [WaitTimeSeconds, limitMs] of [[undefined, 12_000], [
      20,
      23_000,
    ]] as const
  ) {
    for (
      const action of [
        "receiveQueueRecords",
        "receiveDeadLetterQueueRecords",
      ] as const
    ) {
      assertEquals(
        await timeOut(() => client[action]({ QueueARN, WaitTimeSeconds })),
        limitMs,
      );
    }
  }
  assertEquals(await timeOut(() => client.describeQueue({ QueueARN })), 3_000);
});

Deno.test("KinesisClient does not wait for a channel that has failed, or a queue that is being deleted", async () => {
  const answer = (body: object): Fetch => () =>
    Promise.resolve(
      new Response(JSON.stringify(body), {
        headers: { "content-type": "application/x-amz-json-1.1" },
      }),
    );
  const client = (fetch: Fetch) =>
    new KinesisClient({ region: "us-east-1", credentials, environment, fetch });
  const ChannelARN = "arn:aws:kinesis:us-east-1:123456789012:channel/c-1";
  const failed = client(answer({
    ChannelDescription: { ChannelARN, ChannelStatus: "FAILED" },
  }));
  const error = await assertRejects(
    () => failed.waitUntilChannelActive({ ChannelARN }),
    WaiterError,
    "it is FAILED",
  );
  assertEquals(error.lastState, "FAILED");
  const QueueARN = "arn:aws:kinesis:us-east-1:123456789012:queue/q-1";
  const deleting = client(answer({
    QueueDescription: { QueueARN, QueueStatus: "DELETING" },
  }));
  await assertRejects(
    () => deleting.waitUntilQueueActive({ QueueARN }),
    WaiterError,
    "it is DELETING",
  );
});
