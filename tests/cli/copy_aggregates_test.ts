import { assert, assertEquals } from "@std/assert";
import { hashKeyOf } from "../../_aws/hash_key.ts";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer } from "../../consumer.ts";
import {
  type EncodedRecord,
  kplString,
  type Put,
} from "../../processors/mod.ts";
import { textOf } from "./_copied.ts";
import { FakeTerminalKinesis } from "./_fake_terminal.ts";

const HALF = 2n ** 127n;
const isLow = (key: string) => hashKeyOf(key) < HALF;
const KEYS = Array.from({ length: 20 }, (_, n) => `key-${n}`);
const LOW = KEYS.filter(isLow);
const HIGH = KEYS.filter((key) => !isLow(key));

/** An aggregated record of the KPL with a value for each key. */
function aggregate(
  keys: readonly string[],
  text: string,
): EncodedRecord<Put<string>> {
  const records: EncodedRecord<Put<string>>[] = [];
  const packer = kplString().createPacker<Put<string>>({
    shardOf: () => "shard",
    emit: (record) => records.push(record),
  });
  for (const partitionKey of keys) packer.push({ value: text, partitionKey });
  packer.flush();
  assertEquals(records.length, 1);
  return records[0]!;
}

async function put(
  { server }: FakeTerminalKinesis,
  record: EncodedRecord<Put<string>>,
): Promise<void> {
  await new KinesisClient(server.connection).putRecord({
    StreamName: "orders",
    PartitionKey: record.partitionKey,
    ExplicitHashKey: record.explicitHashKey,
    Data: record.data,
  });
}

/** The values of a stream as a consumer reads them, by key. */
async function read(
  { server }: FakeTerminalKinesis,
  streamName: string,
): Promise<Record<string, string[]>> {
  const values: Record<string, string[]> = {};
  const consumer = new Consumer({
    client: new KinesisClient(server.connection),
    streamName,
    processor: kplString(),
    until: "caught-up",
  });
  for await (const { partitionKey, value } of consumer) {
    (values[partitionKey!] ??= []).push(value);
  }
  return values;
}

Deno.test("copy divides an aggregated record among the shards of its values, so that no reader drops any", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { server } = kinesis;
  server.createStream("orders");
  // The shards have parents, so that a consumer drops what looks like a record of before the split.
  const { shardIds } = server.createStream("copy");
  server.split("copy", shardIds[0]!);
  await put(kinesis, aggregate(KEYS, "all"));
  await put(kinesis, aggregate(HIGH, "high"));
  const { code, lines } = await kinesis.run(["copy", "orders", "copy"]);
  assertEquals([code, lines], [0, ["2 copied, 0 refused"]]);
  assertEquals(await read(kinesis, "copy"), await read(kinesis, "orders"));
  const records = server.records("copy");
  assertEquals(records.length, 3);
  // The KCL drops values whose keys are not of the shard.
  for (const { shardId, ...record } of records) {
    const found = await kplString().unpack({ shardId, ...record });
    const keys = found.map((it) => it.type === "value" && it.partitionKey);
    const low = keys.filter((key) => key && isLow(key));
    assert(low.length === 0 || low.length === keys.length);
    assertEquals(record.partitionKey, "a");
  }
  // A record that belongs to one shard is as it was.
  const same = textOf(aggregate(HIGH, "high").data);
  assert(records.some(({ data }) => textOf(data) === same));
});

Deno.test("copy keeps the order of a key between aggregated and other records", async () => {
  await using kinesis = new FakeTerminalKinesis({ limits: false });
  const { server } = kinesis;
  server.createStream("orders");
  server.createStream("copy", { shards: 2 });
  const client = new KinesisClient(server.connection);
  for (let n = 0; n < 4; n++) {
    await put(kinesis, aggregate([LOW[0]!, HIGH[0]!], `${3 * n}`));
    for (const i of [1, 2]) {
      await client.putRecord({
        StreamName: "orders",
        PartitionKey: LOW[0]!,
        Data: new TextEncoder().encode(`${3 * n + i}`),
      });
    }
  }
  // A request that is slow or fails lets others overtake it.
  let requests = 0;
  kinesis.onRequest = (action) => {
    if (action !== "PutRecords" || ++requests % 3 !== 1) return;
    return Response.json({ __type: "InternalFailure" }, { status: 500 });
  };
  const { code } = await kinesis.run(["copy", "orders", "copy"]);
  assertEquals(code, 0);
  assertEquals(await read(kinesis, "copy"), await read(kinesis, "orders"));
});

Deno.test("copy leaves out the values that a reader of the source drops", async () => {
  await using kinesis = new FakeTerminalKinesis();
  const { server } = kinesis;
  const { shardIds } = server.createStream("orders");
  server.createStream("copy");
  server.split("orders", shardIds[0]!);
  // Packed before the split, and stored afterwards: the KPL sends the values of LOW again.
  const early = aggregate([...HIGH, ...LOW], "early");
  await put(kinesis, { ...early, explicitHashKey: `${hashKeyOf(HIGH[0]!)}` });
  await put(kinesis, aggregate(LOW, "again"));
  const { code } = await kinesis.run(["copy", "orders", "copy"]);
  assertEquals(code, 0);
  const values = await read(kinesis, "copy");
  assertEquals(values, await read(kinesis, "orders"));
  assertEquals(values[LOW[0]!], ["again"]);
  assertEquals(values[HIGH[0]!], ["early"]);
});
