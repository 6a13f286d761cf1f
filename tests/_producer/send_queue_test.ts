import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { OrderGroups } from "../../_producer/order_groups.ts";
import { Pending } from "../../_producer/pending.ts";
import type { ShardRates } from "../../_producer/options.ts";
import type { GroupingPolicy } from "../../_producer/grouping.ts";
import { noteAttempt, type Outgoing } from "../../_producer/outgoing.ts";
import { SendQueue } from "../../_producer/send_queue.ts";
import type { RecordKeys } from "../../_shards/hash_range.ts";
import type { EncodedRecord } from "../../records.ts";

interface Setup extends Partial<GroupingPolicy> {
  rates?: ShardRates;
  shardOf?: (key: string) => string | undefined;
}

/** A queue whose shards are the first letters of keys, unless the test says otherwise. */
function setUp({ rates, shardOf = (key) => key[0], ...policy }: Setup = {}) {
  const routes = {
    version: 0,
    commonShards: 0,
    shardOf: ({ partitionKey }: RecordKeys) => shardOf(partitionKey),
  };
  const queue = new SendQueue<string>({ rates, quantumMs: 100 }, routes, {
    groupsOf: () => [],
    followsShards: false,
    joins: false,
    isScattered: () => false,
    ...policy,
  });
  const add = (...keys: string[]) =>
    keys.forEach((key) => queue.add(record(key)));
  const reroute = (now = 0) => {
    routes.version++;
    queue.reroute(now);
  };
  const nextKeys = (limits = LIMITS, now = 0) =>
    keys(queue.nextBatch(limits, now));
  return { queue, add, reroute, nextKeys };
}

function record(
  key: string,
  size = 10,
  acceptedAt = 0,
): EncodedRecord<Pending<string>> {
  return {
    data: new Uint8Array(),
    partitionKey: key,
    size,
    puts: [new Pending(key, key, undefined, acceptedAt)],
  };
}

const LIMITS = { maxRecords: 100, maxBytes: 10_000 };
const keys = (items: Outgoing<string>[]) =>
  items.map(({ record }) => record.partitionKey);

Deno.test("SendQueue takes one record of each shard in turn", () => {
  const { add, nextKeys } = setUp();
  add("a1", "a2", "a3", "a4", "b1", "c1");
  assertEquals(nextKeys({ ...LIMITS, maxRecords: 4 }), [
    "a1",
    "b1",
    "c1",
    "a2",
  ]);
  assertEquals(nextKeys(), ["a3", "a4"]);
  assertEquals(nextKeys(), []);
});

Deno.test("SendQueue puts replacements in the place of a record, before all records that were packed later", () => {
  const { queue, add, nextKeys } = setUp();
  add("a1", "a2", "a3", "a4");
  const [a1, a2, a3] = queue.nextBatch({ ...LIMITS, maxRecords: 3 }, 0);
  const replace = (item: Outgoing<string>, count: number) =>
    queue.replace(
      { item, last: item },
      Array.from(
        { length: count },
        (_, i) => record(`${item.record.partitionKey}.${i}`),
      ),
    );
  replace(a2!, 2);
  replace(a1!, 3);
  replace(a3!, 1);
  assertEquals(
    nextKeys(),
    ["a1.0", "a1.1", "a1.2", "a2.0", "a2.1", "a3.0", "a4"],
  );
  assertEquals([queue.sendableRecords, queue.sendableBytes], [0, 0]);
});

Deno.test("SendQueue starts the next batch with the shard that did not fit", () => {
  const { add, nextKeys } = setUp();
  add("a1", "a2", "b1", "b2", "c1", "c2");
  const two = { ...LIMITS, maxRecords: 2 };
  const batches = [0, 1, 2].map(() => nextKeys(two));
  assertEquals(batches, [["a1", "b1"], ["c1", "a2"], ["b2", "c2"]]);
});

Deno.test("SendQueue sends a record alone that is larger than a batch", () => {
  const { queue, add, nextKeys } = setUp();
  queue.add(record("a1", 20_000));
  add("b1");
  assertEquals(nextKeys(), ["a1"]);
  assertEquals(nextKeys(), ["b1"]);
});

Deno.test("SendQueue serves other shards while one is at its limit, and counts them separately", () => {
  const { queue, add, nextKeys } = setUp({
    rates: { recordsPerSecond: 10, bytesPerSecond: 1e6 },
  });
  for (let i = 0; i < 30; i++) add(`a${i}`);
  add("b1");
  assertEquals(nextKeys().length, 9);
  assertEquals([queue.sendableRecords, queue.blockedRecords], [0, 22]);
  add("a30", "b2");
  assertEquals([queue.sendableRecords, queue.blockedRecords], [1, 23]);
  assertEquals(nextKeys(LIMITS, 1), ["b2"]);
  const wait = queue.waitMs(1)!;
  assert(wait > 0 && wait <= 100);
  assertEquals(nextKeys(LIMITS, 1 + wait).length, 1);
});

Deno.test("SendQueue keeps the limits of shards when the map changes", () => {
  const { add, reroute, nextKeys } = setUp({
    rates: { recordsPerSecond: 10, bytesPerSecond: 1e6 },
  });
  for (let i = 0; i < 10; i++) add(`a${i}`);
  nextKeys();
  reroute();
  for (let i = 0; i < 10; i++) add(`a${i}`);
  assertEquals(nextKeys(), []);
});

Deno.test("SendQueue.hasDue looks at the oldest record of shards that are not at their limit", () => {
  const { queue, add, nextKeys } = setUp({
    rates: { recordsPerSecond: 1, bytesPerSecond: 1e6 },
  });
  add("a1");
  assert(!queue.hasDue(0) && queue.waitsForMore);
  queue.makeDue();
  assert(queue.hasDue(0) && !queue.waitsForMore);
  add("a2");
  assertEquals(nextKeys(), ["a1"]);
  queue.makeDue();
  assert(!queue.hasDue(0));
  assert(queue.hasDue(1000));
});

Deno.test("SendQueue.nextExpired finds old records at the limit of a shard, and behind records of their group", () => {
  const { queue } = setUp({
    rates: { recordsPerSecond: 1, bytesPerSecond: 1e6 },
    groupsOf: ({ partitionKey }) => [partitionKey],
  });
  queue.add(record("a", 10, 5));
  queue.add(record("a", 10, 6));
  queue.add(record("b", 10, 20));
  const [old] = queue.nextExpired(10);
  assertEquals(old!.record.puts[0]!.acceptedAt, 5);
  assertEquals(queue.nextExpired(10), []);
  queue.settle(old!);
  assertEquals(queue.nextExpired(10).length, 1);
});

Deno.test("SendQueue puts a retried record before the others of its shard", () => {
  const { queue, add, nextKeys } = setUp();
  add("a1", "a2");
  const [first] = queue.nextBatch({ ...LIMITS, maxRecords: 1 }, 0);
  queue.retry(first!);
  assertEquals(nextKeys(), ["a1", "a2"]);
});

Deno.test("SendQueue joins small records that wait, but no record that was sent before", () => {
  for (const tried of [undefined, "a2", "a3"]) {
    const { queue, add, nextKeys } = setUp({
      groupsOf: () => ["g"],
      joins: true,
    });
    add("a1", "a2", "a3", "a4");
    for (const item of queue.all()) {
      if (item.record.partitionKey === tried) noteAttempt(item);
    }
    const [first] = queue.nextBatch(LIMITS, 0);
    queue.settle(first!);
    const unfit = queue.nextUnfit();
    // The attempts of a record that was sent before would count for the values of the others.
    assertEquals(
      unfit.map(({ item }) => item.record.puts.map(({ value }) => value)),
      tried ? [] : [["a2", "a3", "a4"]],
    );
    assertEquals(nextKeys(), tried ? ["a2"] : []);
    if (tried) continue;
    assertEquals(queue.bytes, 30);
    queue.replace(unfit[0]!, [record("a", 25)]);
    assertEquals([nextKeys(), queue.bytes], [["a"], 25]);
  }
});

Deno.test("SendQueue sets a record aside whose values belong to several shards of the new map", () => {
  let isSplit = false;
  const { queue, add, reroute, nextKeys } = setUp({
    isScattered: ({ partitionKey }, version) =>
      isSplit && version === 0 && partitionKey === "a1",
  });
  add("a1", "a2");
  assertEquals(queue.nextUnfit(), []);
  isSplit = true;
  reroute();
  const [unfit] = queue.nextUnfit();
  assertEquals(unfit!.item.record.partitionKey, "a1");
  assertEquals(nextKeys(), ["a2"]);
  queue.replace(unfit!, [record("a1"), record("b1")]);
  assertEquals(nextKeys(), ["a1", "b1"]);
});

Deno.test("SendQueue delays the records of a new shard until its records of the old shard are settled", () => {
  let shardOf = (key: string) => key[0]!;
  const { queue, add, reroute, nextKeys } = setUp({
    shardOf: (key) => shardOf(key),
    groupsOf: ({ partitionKey }) => [shardOf(partitionKey)],
    followsShards: true,
  });
  add("ax", "ay", "bx");
  const [ax, bx] = queue.nextBatch(LIMITS, 0);
  // Shard a becomes x and y. The record under way belongs to x.
  shardOf = (key) => key[0] === "a" ? key[1]! : key[0]!;
  reroute();
  add("ax", "ay");
  assertEquals(nextKeys(), ["ay"]);
  queue.settle(bx!);
  assertEquals(nextKeys(), []);
  queue.settle(ax!);
  assertEquals(nextKeys(), ["ax"]);
});

Deno.test("SendQueue counts open and blocked records and bytes correctly after any calls", () => {
  fc.assert(fc.property(
    fc.array(
      fc.oneof(
        fc.tuple(fc.constant("add"), fc.integer({ min: 0, max: 11 })),
        fc.tuple(fc.constant("take"), fc.integer({ min: 1, max: 5 })),
        fc.tuple(fc.constant("settle"), fc.nat(20)),
        fc.tuple(fc.constant("retry"), fc.nat(20)),
        fc.tuple(fc.constant("reroute"), fc.nat(3)),
        fc.tuple(fc.constant("wait"), fc.nat(300)),
        fc.tuple(fc.constant("throttle"), fc.nat(3)),
      ),
      { maxLength: 150 },
    ),
    fc.boolean(),
    (operations, grouped) => {
      let shards = 2, now = 0, added = 0, settled = 0;
      const shardOf = (key: string) => `s${Number(key) % shards}`;
      const { queue, reroute } = setUp({
        rates: { recordsPerSecond: 20, bytesPerSecond: 1000 },
        shardOf,
        groupsOf: ({ partitionKey }) => grouped ? [shardOf(partitionKey)] : [],
        followsShards: true,
      });
      const out: Outgoing<string>[] = [];
      for (const [name, value] of operations) {
        const index = out.length ? value % out.length : 0;
        if (name === "add") {
          queue.add(record(String(value), 1 + value));
          added++;
        } else if (name === "take") {
          out.push(
            ...queue.nextBatch({ maxRecords: value, maxBytes: 60 }, now),
          );
        } else if (name === "wait") now += value;
        else if (name === "throttle") queue.throttle(`s${value}`, now);
        else if (name === "reroute") {
          shards = 1 + value;
          reroute(now);
        } else if (out.length > 0) {
          const [sent] = out.splice(index, 1);
          if (name === "retry") queue.retry(sent!);
          else {
            queue.settle(sent!);
            settled++;
          }
        }
        assert(queue.sendableRecords >= 0 && queue.blockedRecords >= 0);
        assert(queue.sendableRecords > 0 || queue.sendableBytes === 0);
      }
      // Every record that is left is sent once.
      const seen = new Set<Outgoing<string>>();
      for (let turn = 0; turn < 2000 && settled < added; turn++) {
        now += 500;
        out.push(...queue.nextBatch(LIMITS, now));
        for (const sent of out.splice(0)) {
          assert(!seen.has(sent));
          seen.add(sent);
          queue.settle(sent);
          settled++;
        }
      }
      assertEquals(settled, added);
      assertEquals(
        [
          queue.sendableRecords,
          queue.sendableBytes,
          queue.blockedRecords,
          queue.bytes,
        ],
        [0, 0, 0, 0],
      );
    },
  ));
});

Deno.test("OrderGroups lets one record of a group start at a time, and all of them in order", () => {
  fc.assert(fc.property(
    fc.array(fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), {
      maxLength: 3,
    })),
    fc.infiniteStream(fc.nat()),
    (all, choices) => {
      const groups = new OrderGroups<{ groups: string[]; seq: number }>();
      const active: { groups: string[]; seq: number }[] = [];
      const started: { groups: string[]; seq: number }[] = [];
      const start = (one: { groups: string[]; seq: number }) => {
        for (const other of active) {
          assert(!other.groups.some((name) => one.groups.includes(name)));
        }
        active.push(one);
        started.push(one);
      };
      all.forEach((names, i) => {
        const one = { groups: names, seq: i };
        if (groups.enter(one)) start(one);
        if (choices.next().value % 3 === 0 && active.length > 0) {
          const [gone] = active.splice(choices.next().value % active.length, 1);
          groups.leave(gone!).forEach(start);
        }
      });
      while (active.length > 0) {
        groups.leave(active.shift()!).forEach(start);
      }
      assertEquals([started.length, groups.waiting], [all.length, 0]);
      for (const name of ["a", "b", "c", "d"]) {
        const order = started.filter(({ groups }) => groups.includes(name))
          .map(({ seq }) => seq);
        assertEquals(order, [...order].sort((a, b) => a - b));
      }
    },
  ));
});
