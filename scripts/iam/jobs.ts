/**
 * The programs whose policies the documentation shows. Each runs against an in-memory Kinesis (and
 * an emulator of DynamoDB), and its policy is what its requests have needed.
 *
 * @module
 */
import {
  type Checkpointer,
  DynamoDBCheckpointer,
  MemoryCheckpointer,
} from "../../checkpoint/mod.ts";
import { Consumer } from "../../consumer.ts";
import { json } from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
import { QueueConsumer } from "../../queue.ts";
import type { FanOutOptions } from "../../mod.ts";
import { startDynalite } from "../../tests/_services/dynalite.ts";
import { recorderOf } from "./recorder.ts";
import { ACCESS, STREAM_ARN, type World, write } from "./world.ts";

/** A program. */
export interface Job {
  readonly title: string;
  /** When the policy is the right one, in Markdown. */
  readonly about: string;
  /** What it does with the key of an encrypted stream. */
  readonly kms?: "kms:GenerateDataKey" | "kms:Decrypt";
  run(world: World): Promise<void>;
}

const KIND = { streamName: "orders", processor: json() } as const;

/** The programs, in the order of the page. */
export const JOBS: readonly Job[] = [
  {
    title: "Producer",
    about:
      "Writes values. `ListShards` is for limits per shard and for KPL records, `DescribeStreamSummary` for values over 1 MiB, AUTO record distribution and streams that are being created: [what goes on without them](./producing.md#permissions). A page or a device that only writes small values gets `PutRecords` alone.",
    kms: "kms:GenerateDataKey",
    async run({ client }) {
      await write(client, 20);
      const producer = new Producer<unknown>({ ...KIND, client });
      await producer.put("x".repeat(2 ** 21), { partitionKey: "large" });
      await producer.close();
    },
  },
  {
    title: "Producer with createStream",
    about: "Creates the stream if it is missing.",
    kms: "kms:GenerateDataKey",
    async run({ client, admin }) {
      await admin.deleteStream({ StreamName: "orders" });
      await admin.waitUntilDeleted({ StreamName: "orders" });
      const producer = new Producer<unknown>({
        ...{ ...KIND, client },
        createStream: { onDemand: true },
      });
      await producer.put(1, { partitionKey: "k" });
      await producer.close();
    },
  },
  {
    title: "Consumer that polls",
    about:
      "Reads all shards. A worker with leases in DynamoDB needs [that policy](#leases-in-dynamodb) as well.",
    kms: "kms:Decrypt",
    run: (world) => read(world),
  },
  {
    title: "Consumer with fan-out",
    about:
      "With `fanOut: { consumerARN }`: reads through a consumer that is registered. `GetShardIterator` finds out whether a shard that is not listed any more still exists.",
    kms: "kms:Decrypt",
    async run(world) {
      const consumerARN = await register(world);
      await read(world, { consumerARN });
    },
  },
  {
    title: "Consumer with fan-out that registers itself",
    about: "With `fanOut: { consumerName }`.",
    kms: "kms:Decrypt",
    run: (world) => read(world, { consumerName: "billing" }),
  },
  {
    title: "Leases in DynamoDB",
    about:
      "`DynamoDBCheckpointer`, for a table that exists. `GetItem` reads the state of a KCL 3, also if there is none: without a KCL 3, pass `coordinatorTableName: false` and leave it out.",
    run: (world) => readWithLeases(world, { isThere: true }),
  },
  {
    title: "Leases in DynamoDB with createTable",
    about: "Creates the table if it is missing.",
    run: (world) => readWithLeases(world, { isThere: false }),
  },
  {
    title: "QueueConsumer",
    about:
      "Receives the records of a queue, extends their visibility, acknowledges them and gives them back.",
    kms: "kms:Decrypt",
    async run(world) {
      const { queueARN } = world.server.createQueue("orders");
      await write(world.admin, 3);
      const queue = new QueueConsumer({
        ...{ client: world.client, queueARN },
        processor: KIND.processor,
      });
      let received = 0;
      const reader = queue.getReader();
      while (received < 3) {
        const { value: record } = await reader.read();
        if (received++ === 0) record!.retry({ delaySeconds: 60 });
        else record!.ack();
      }
      reader.releaseLock();
      await queue.close();
    },
  },
];

/** Reads everything, with leases of shards that have expired: one to be read, one finished. */
async function read(
  { client, admin }: World,
  fanOut?: FanOutOptions,
  checkpointer: Checkpointer = new MemoryCheckpointer(),
): Promise<void> {
  const { Shards } = await admin.listShards({ StreamName: "orders" });
  for (const type of ["TRIM_HORIZON", "SHARD_END"] as const) {
    await checkpointer.create({
      streamName: "orders",
      shardId: `shardId-00000000010${type === "SHARD_END" ? 1 : 0}`,
      parentShardIds: [],
      startingSequenceNumber: Shards![0]!.SequenceNumberRange
        .StartingSequenceNumber,
      checkpoint: { type },
    });
  }
  const consumer = new Consumer<unknown>({
    ...{ ...KIND, client, checkpointer, fanOut },
    until: "caught-up",
    // Above the pauses of a busy machine: a lease that is lost is read again.
    failoverTimeMs: 5000,
  });
  let count = 0;
  for await (const _ of consumer) count++;
  if (count !== 20) throw new Error(`${count} of 20 values were read`);
}

async function register({ admin }: World): Promise<string> {
  const { Consumer: { ConsumerARN } } = await admin.registerStreamConsumer({
    StreamARN: STREAM_ARN,
    ConsumerName: "billing",
  });
  await admin.waitUntilConsumerActive({ ConsumerARN });
  return ConsumerARN;
}

async function readWithLeases(
  world: World,
  { isThere }: { isThere: boolean },
): Promise<void> {
  await using dynalite = await startDynalite();
  const { endpoint } = dynalite;
  const table = { ...ACCESS, endpoint, tableName: "billing" };
  if (isThere) {
    await new DynamoDBCheckpointer({ ...table, createTable: true })
      .list("orders");
  }
  const { fetch } = recorderOf(globalThis.fetch, world.calls);
  await read(
    { ...world, client: world.admin },
    undefined,
    new DynamoDBCheckpointer({ ...table, fetch, createTable: !isThere }),
  );
}
