/** What a consumer buffers when its sink is much slower than its stream. */
import { assert, assertEquals } from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { bytes } from "../../processors/mod.ts";
import type { ConsumerRecord } from "../../records.ts";
import { FanOutWorld } from "./_fan_out_world.ts";

const RECORD_BYTES = 20_000;
const RECORDS = 200;
const SECONDS = 100;

for (
  const { shards, fanOut } of [
    { shards: 1, fanOut: false },
    { shards: 8, fanOut: false },
    { shards: 8, fanOut: true },
  ]
) {
  const how = `of ${shards} shards ${fanOut ? "over fan-out" : "by polling"}`;
  Deno.test(`Consumer buffers no more than prefetch.bytes while a sink is 100 times slower than a stream ${how}`, async () => {
    const world = new FanOutWorld({ shards });
    const prefetch = { records: 1000, bytes: 500_000 };
    const data = new Uint8Array(RECORD_BYTES);
    await Promise.all(
      Array.from(
        { length: RECORDS },
        (_, i) => world.putRaw(data, world.shardIds[i % shards]!),
      ),
    );
    const consumer = world[fanOut ? "fanOut" : "consumer"]<Uint8Array>({
      processor: bytes(),
      checkpointer: new MemoryCheckpointer(),
      prefetch,
      readsPerSecond: Infinity,
    });
    let written = 0;
    const sink = new WritableStream<ConsumerRecord<Uint8Array>>({
      async write() {
        written++;
        // The stream gives all records in less than 2 s, the sink takes one each second.
        await delay(1000, { clock: world.clock });
      },
    });
    const piping = consumer.pipeTo(consumer.acknowledging(sink));
    const most = { records: 0, bytes: 0, unacknowledged: 0 };
    for (let second = 0; second < SECONDS; second++) {
      await world.pass(1000);
      const { shards, unacknowledged } = consumer.status();
      const sum = (of: "bufferedRecords" | "bufferedBytes") =>
        shards.reduce((total, shard) => total + (shard[of] ?? 0), 0);
      most.records = Math.max(most.records, sum("bufferedRecords"));
      most.bytes = Math.max(most.bytes, sum("bufferedBytes"));
      most.unacknowledged = Math.max(most.unacknowledged, unacknowledged);
    }
    assert(Math.abs(written - SECONDS) <= 2, `${written} are written`);
    // One record more than the bound may be buffered, because any record must be readable.
    assert(most.bytes <= prefetch.bytes + RECORD_BYTES, `${most.bytes} bytes`);
    assert(most.bytes > prefetch.bytes / 2, `${most.bytes} bytes`);
    assertEquals(most.records, most.bytes / RECORD_BYTES);
    // The value in the sink, and one in front of it.
    assert(most.unacknowledged <= 3, `${most.unacknowledged} in hand`);
    await world.run(consumer.close());
    await world.run(piping);
  });
}
