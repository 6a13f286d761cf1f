import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { ReadAhead } from "../../../_consumer/reading/read_ahead.ts";
import type { KinesisApiRecord } from "../../../client/mod.ts";

const never = new AbortController().signal;
const all = { records: Infinity, bytes: Infinity };

const recordOf = (bytes: number) =>
  ({ Data: new Uint8Array(bytes) }) as KinesisApiRecord;

Deno.test("ReadAhead lets a reader with an empty buffer read at once, however much other readers have reserved", async () => {
  const ahead = new ReadAhead({ records: 10, bytes: 1000 });
  const readers = Array.from({ length: 50 }, () => ahead.join(() => true));
  for (const reader of readers) {
    const { records } = await reader.reserve(all, never);
    assert(records >= 1);
  }
});

Deno.test("ReadAhead keeps of an answer what fits, and lets the reader wait for room for the rest", async () => {
  const ahead = new ReadAhead({ records: 100, bytes: 1000 });
  const reader = ahead.join(() => true);
  const reserved = await reader.reserve(all, never);
  const records = [400, 400, 400].map(recordOf);
  assertEquals(reader.keep(reserved, records).length, 2);
  assertEquals(reader.held, { records: 2, bytes: 800 });
  let granted = false;
  const next = reader.reserve(all, never).then(() => granted = true);
  await Promise.resolve();
  assertEquals(granted, false);
  reader.free(400);
  await next;
});

Deno.test("ReadAhead lets one reader at a time hold a record above its room", async () => {
  const ahead = new ReadAhead({ records: 100, bytes: 1000 });
  const [first, second] = [ahead.join(() => true), ahead.join(() => true)];
  const reserved = [
    await first.reserve(all, never),
    await second.reserve(all, never),
  ] as const;
  assertEquals(first.keep(reserved[0], [recordOf(5000)]).length, 1);
  assertEquals(second.keep(reserved[1], [recordOf(5000)]).length, 0);
  const waiting = second.reserve(all, never);
  first.free(5000);
  assertEquals(second.keep(await waiting, [recordOf(5000)]).length, 1);
});

Deno.test("ReadAhead forgets a reader that stops waiting", async () => {
  const ahead = new ReadAhead({ records: 1, bytes: 1000 });
  const reader = ahead.join(() => true);
  reader.keep(await reader.reserve(all, never), [recordOf(1)]);
  const controller = new AbortController();
  const waiting = reader.reserve(all, controller.signal);
  const reason = new Error("closed");
  controller.abort(reason);
  assertEquals(await assertRejects(() => waiting), reason);
  reader.free(1);
  assertEquals((await reader.reserve(all, never)).records, 1);
});

Deno.test("ReadAhead keeps its bounds and lets every shard but the stuck ones be read to its end", async () => {
  const shard = fc.record({
    isStuck: fc.boolean(),
    sizes: fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 30 }),
  });
  await fc.assert(fc.asyncProperty(
    fc.array(shard, { minLength: 1, maxLength: 8 }),
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 1000 }),
    fc.infiniteStream(fc.nat()),
    async (shards, records, bytes, picks) => {
      const ahead = new ReadAhead({ records, bytes });
      const end = new AbortController();
      const readers = shards.map(({ isStuck, sizes }) => ({
        isStuck,
        share: ahead.join(() => !isStuck),
        left: sizes.map(recordOf),
        buffer: [] as KinesisApiRecord[],
      }));
      const peak = { records: 0, bytes: 0 };
      const look = () => {
        const held = readers.map(({ share }) => share.held);
        const sum = (name: "records" | "bytes") =>
          held.reduce((sum, size) => sum + size[name], 0);
        peak.records = Math.max(peak.records, sum("records"));
        peak.bytes = Math.max(peak.bytes, sum("bytes"));
      };
      const reading = readers.map(async (reader) => {
        while (reader.left.length > 0) {
          const reserved = await reader.share.reserve(all, end.signal);
          await Promise.resolve();
          const answer = reader.left.slice(0, reserved.records);
          const kept = reader.share.keep(reserved, answer);
          reader.left.splice(0, kept.length);
          reader.buffer.push(...kept);
          look();
        }
      });
      const healthy = readers.filter(({ isStuck }) => !isStuck);
      let idle = 0;
      while (healthy.some(({ left, buffer }) => left.length + buffer.length)) {
        for (let turn = 0; turn < 5; turn++) await Promise.resolve();
        const full = healthy.filter(({ buffer }) => buffer.length > 0);
        idle = full.length > 0 ? 0 : idle + 1;
        assert(idle < 100, "nothing is read any more");
        if (full.length === 0) continue;
        const reader = full[picks.next().value! % full.length]!;
        reader.share.free(reader.buffer.shift()!.Data.length);
      }
      end.abort();
      await Promise.allSettled(reading);
      assert(
        peak.records <= Math.max(records, shards.length),
        `${peak.records}`,
      );
      assert(peak.bytes <= bytes + 200, `${peak.bytes}`);
    },
  ));
});
