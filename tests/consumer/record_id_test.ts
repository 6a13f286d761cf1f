/** The id of a record: how it reads, and that it is the same whenever a value comes. */
import { assert, assertEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { recordId } from "../../mod.ts";
import { json, jsonLines } from "../../processors/mod.ts";
import type { ConsumerRecord, DecodedRecord } from "../../records.ts";
import { FanOutWorld } from "./_fan_out_world.ts";
import { collect, type Item, STREAM, World } from "./_world.ts";

Deno.test("ConsumerRecord.id is recordId of its shard, sequence number and index", async () => {
  const world = new World({ shards: 2 });
  await world.put(20, { perRecord: 5 });
  const records = await world.drain(world.consumer({ until: "caught-up" }));
  assertEquals(records.length, 100);
  for (const record of records) assertEquals(record.id, recordId(record));
  assertEquals(new Set(records.map(({ id }) => id)).size, 100);
});

Deno.test("ConsumerRecord.id sorts in the order of each shard", async () => {
  const world = new World({ shards: 2 });
  for (let i = 0; i < 5; i++) {
    await world.put(4, { perRecord: 12 });
    await world.pass(1000);
  }
  const records = await world.drain(world.consumer({ until: "caught-up" }));
  for (const shardId of world.shardIds) {
    const ids = records.filter((record) => record.shardId === shardId)
      .map(({ id }) => id);
    assert(ids.length > 12);
    assertEquals(ids, ids.toSorted());
  }
});

Deno.test("ConsumerRecord.id of a value is the same when a run resumes inside its record", async () => {
  const world = new World();
  await world.put(3, { keys: ["k"], perRecord: 10 });
  const checkpointer = new MemoryCheckpointer();
  const ids = new Map<number, Set<string>>();
  const note = ({ id, value }: ConsumerRecord<Item>) =>
    ids.set(value.i, (ids.get(value.i) ?? new Set()).add(id));
  for (const stop of [4, 9, 13, Infinity]) {
    const consumer = world.consumer({ checkpointer, until: "caught-up" });
    await world.run((async () => {
      for await (const record of consumer) {
        note(record);
        if (record.value.i >= stop) break;
      }
    })());
  }
  assertEquals(ids.size, 30);
  for (const seen of ids.values()) assertEquals(seen.size, 1);
});

Deno.test("ConsumerRecord.id has the index 0 for the only value of a record, whatever the processor", async () => {
  const world = new World();
  await world.put(2, { keys: ["k"] });
  const ids: string[][] = [];
  for (const processor of [jsonLines<Item>(), json<Item>()]) {
    const consumer = world.consumer({ processor, until: "caught-up" });
    ids.push((await world.drain(consumer)).map(({ id }) => id));
  }
  assertEquals(ids[0], ids[1]);
});

Deno.test("ConsumerRecord.id of a value is the same by polling, over fan-out and behind the decoder alone", async () => {
  const world = new FanOutWorld({ shards: 3 });
  await world.put(30, { perRecord: 4 });
  const polled = await world.drain(world.consumer({ until: "caught-up" }));
  const pushed = await world.drain(world.fanOut({ until: "caught-up" }));
  const decoder = jsonLines<Item>().decoder();
  const decoded = Array.fromAsync(decoder.readable);
  const writer = decoder.writable.getWriter();
  for (const record of world.server.records(STREAM)) await writer.write(record);
  await writer.close();
  const idsOf = (records: readonly DecodedRecord<Item>[]) =>
    records.map(({ id, value: { key, i } }) => `${key} ${i} ${id}`).sort();
  assertEquals(polled.length, 120);
  assertEquals(idsOf(pushed), idsOf(polled));
  assertEquals(idsOf(await decoded), idsOf(polled));
});

Deno.test("ConsumerRecord.id is in the JSON of a record, and in both branches of tee", async () => {
  const world = new World();
  await world.put(1, { keys: ["k"] });
  const [a, b] = world.consumer({ limit: 1 }).tee();
  const [[one], [two]] = await world.run(
    Promise.all([Array.fromAsync(a), Array.fromAsync(b)]),
  );
  const [record] = await world.run(collect(world.consumer({ limit: 1 })));
  const { id } = record!;
  assertEquals([one!.id, two!.id], [id, id]);
  const { ack: _, ...rest } = two!;
  for (const json of [record, one, rest].map((it) => JSON.stringify(it))) {
    assertEquals(JSON.parse(json), {
      id,
      value: { key: "k", i: 0 },
      streamName: "orders",
      shardId: world.shardIds[0],
      partitionKey: "k",
      sequenceNumber: record!.sequenceNumber,
      subSequenceNumber: 0,
      approximateArrivalTimestamp: record!.approximateArrivalTimestamp!
        .toJSON(),
    });
  }
  assertEquals({ ...record, id }.id, id);
});
