import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { OrderGroups } from "../../_producer/order_groups.ts";
import { Pending } from "../../_producer/pending.ts";
import {
  type Outgoing,
  SendQueue,
  type SendQueueOptions,
} from "../../_producer/send_queue.ts";

let seq = 0;

/** A record whose key is `group/name`; the shard is the first letter unless the test says otherwise. */
function item(key: string, size = 10, acceptedAt = 0): Outgoing<string> {
  return {
    record: {
      data: new Uint8Array(),
      partitionKey: key,
      size,
      puts: [new Pending(key, key, undefined, acceptedAt)],
    },
    version: 0,
    groups: [],
    shardId: undefined,
    load: { records: 1, bytes: size },
    values: 1,
    slot: -1,
    isFull: false,
    attempts: 0,
    seq: ++seq,
    since: seq,
  };
}

function queueOf(
  options: Partial<SendQueueOptions<string>> = {},
): SendQueue<string> {
  return new SendQueue<string>({
    rates: undefined,
    quantumMs: 100,
    route: ({ record: { partitionKey } }) => partitionKey[0],
    groupsOf: () => [],
    groupsFollowShards: false,
    ...options,
  });
}

const LIMITS = { maxRecords: 100, maxBytes: 10_000 };
const keys = (items: Outgoing<string>[]) =>
  items.map(({ record }) => record.partitionKey);

Deno.test("SendQueue takes from all shards in turn", () => {
  const queue = queueOf();
  for (const key of ["a1", "a2", "a3", "a4", "b1", "c1"]) queue.push(item(key));
  assertEquals(keys(queue.take({ ...LIMITS, maxRecords: 4 }, 0)), [
    "a1",
    "b1",
    "c1",
    "a2",
  ]);
  assertEquals(keys(queue.take(LIMITS, 0)), ["a3", "a4"]);
  assertEquals(queue.take(LIMITS, 0), []);
});

Deno.test("SendQueue puts what replaces records in their places, before all that were packed later", () => {
  const queue = queueOf();
  for (const key of ["a1", "a2", "a3", "a4"]) queue.push(item(key));
  const [a1, a2, a3] = queue.take({ ...LIMITS, maxRecords: 3 }, 0);
  const parts = (of: Outgoing<string>, count: number) =>
    Array.from({ length: count }, (_, i) => ({
      ...item(`${of.record.partitionKey}.${i}`),
      seq: of.seq,
      place: [i],
    }));
  queue.replace(a2!, parts(a2!, 2));
  queue.replace(a1!, parts(a1!, 3));
  queue.replace(a3!, parts(a3!, 1));
  assertEquals(
    keys(queue.take(LIMITS, 0)),
    ["a1.0", "a1.1", "a1.2", "a2.0", "a2.1", "a3.0", "a4"],
  );
  assertEquals([queue.openRecords, queue.openBytes], [0, 0]);
});

Deno.test("SendQueue starts the next batch with the shard that did not fit", () => {
  const queue = queueOf();
  for (const key of ["a1", "a2", "b1", "b2", "c1", "c2"]) queue.push(item(key));
  const two = { ...LIMITS, maxRecords: 2 };
  const batches = [0, 1, 2].map(() => keys(queue.take(two, 0)));
  assertEquals(batches, [["a1", "b1"], ["c1", "a2"], ["b2", "c2"]]);
});

Deno.test("SendQueue sends a record alone that is larger than a batch", () => {
  const queue = queueOf();
  queue.push(item("a1", 20_000));
  queue.push(item("b1"));
  assertEquals(keys(queue.take(LIMITS, 0)), ["a1"]);
  assertEquals(keys(queue.take(LIMITS, 0)), ["b1"]);
});

Deno.test("SendQueue serves other shards while one is at its limit, and counts them apart", () => {
  const queue = queueOf({
    rates: { recordsPerSecond: 10, bytesPerSecond: 1e6 },
  });
  for (let i = 0; i < 30; i++) queue.push(item(`a${i}`));
  queue.push(item("b1"));
  assertEquals(queue.take(LIMITS, 0).length, 9);
  assertEquals([queue.openRecords, queue.blockedRecords], [0, 22]);
  queue.push(item("a30"));
  queue.push(item("b2"));
  assertEquals([queue.openRecords, queue.blockedRecords], [1, 23]);
  assertEquals(keys(queue.take(LIMITS, 1)), ["b2"]);
  const wait = queue.nextIn(1)!;
  assert(wait > 0 && wait <= 100);
  assertEquals(queue.take(LIMITS, 1 + wait).length, 1);
});

Deno.test("SendQueue remembers what it learned about a shard when the map changes", () => {
  const queue = queueOf({
    rates: { recordsPerSecond: 10, bytesPerSecond: 1e6 },
  });
  for (let i = 0; i < 10; i++) queue.push(item(`a${i}`));
  queue.take(LIMITS, 0);
  queue.reroute(0);
  for (let i = 0; i < 10; i++) queue.push(item(`a${i}`));
  assertEquals(queue.take(LIMITS, 0), []);
});

Deno.test("SendQueue.hasDue looks at the oldest record of shards that may go", () => {
  const queue = queueOf({
    rates: { recordsPerSecond: 1, bytesPerSecond: 1e6 },
  });
  const [first, second] = [item("a1"), item("a2")];
  queue.push(first);
  queue.push(second);
  assert(!queue.hasDue(first.seq - 1, 0));
  assert(queue.hasDue(first.seq, 0));
  queue.take(LIMITS, 0);
  assert(!queue.hasDue(second.seq, 0));
  assert(queue.hasDue(second.seq, 1000));
});

Deno.test("SendQueue.takeExpired finds old records behind a limit and behind their group", () => {
  const queue = queueOf({
    rates: { recordsPerSecond: 1, bytesPerSecond: 1e6 },
    groupsOf: ({ partitionKey }) => [partitionKey],
  });
  queue.push(item("a", 10, 5));
  queue.push(item("a", 10, 6));
  queue.push(item("b", 10, 20));
  const [old] = queue.takeExpired(10);
  assertEquals(old!.record.puts[0]!.acceptedAt, 5);
  assertEquals(queue.takeExpired(10), []);
  queue.settled(old!);
  assertEquals(queue.takeExpired(10).length, 1);
});

Deno.test("SendQueue puts a retried record before the others of its shard", () => {
  const queue = queueOf();
  for (const key of ["a1", "a2"]) queue.push(item(key));
  const [first] = queue.take({ ...LIMITS, maxRecords: 1 }, 0);
  queue.retry(first!);
  assertEquals(keys(queue.take(LIMITS, 0)), ["a1", "a2"]);
});

Deno.test("SendQueue joins small records that wait, but none that was tried before", () => {
  for (const tried of [undefined, "a2", "a3"]) {
    const joined: string[] = [];
    const queue = queueOf({
      groupsOf: () => ["g"],
      join: (item, behind) =>
        joined.push(
          [item, ...behind].map(({ record }) => record.partitionKey)
            .join(),
        ),
    });
    const items = ["a1", "a2", "a3", "a4"].map((key) => item(key));
    for (const item of items) {
      if (item.record.partitionKey === tried) item.attempts = 1;
      queue.push(item);
    }
    const [first] = queue.take(LIMITS, 0);
    queue.settled(first!);
    // What others had tried in vain would count as tried with them.
    assertEquals(joined, tried ? [] : ["a2,a3,a4"]);
    assertEquals(keys(queue.take(LIMITS, 0)), tried ? ["a2"] : []);
  }
});

Deno.test("SendQueue holds a new shard's records back until those of the old one that belong to it are settled", () => {
  let route = (key: string) => key[0]!;
  const queue = queueOf({
    route: ({ record: { partitionKey } }) => route(partitionKey),
    groupsOf: ({ partitionKey }) => [route(partitionKey)],
    groupsFollowShards: true,
  });
  for (const key of ["ax", "ay", "bx"]) queue.push(item(key));
  const [ax, bx] = queue.take(LIMITS, 0);
  // Shard a becomes x and y; the record on its way belongs to x.
  route = (key) => key[0] === "a" ? key[1]! : key[0]!;
  queue.reroute(0);
  queue.push(item("ax"));
  queue.push(item("ay"));
  assertEquals(keys(queue.take(LIMITS, 0)), ["ay"]);
  queue.settled(bx!);
  assertEquals(queue.take(LIMITS, 0), []);
  queue.settled(ax!);
  assertEquals(keys(queue.take(LIMITS, 0)), ["ax"]);
});

Deno.test("SendQueue counts open and blocked records and bytes truly, whatever happens", () => {
  fc.assert(fc.property(
    fc.array(
      fc.oneof(
        fc.tuple(fc.constant("push"), fc.integer({ min: 0, max: 11 })),
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
      let shards = 2, now = 0, pushed = 0, settled = 0;
      const route = (key: string) => `s${Number(key) % shards}`;
      const queue = queueOf({
        rates: { recordsPerSecond: 20, bytesPerSecond: 1000 },
        route: ({ record: { partitionKey } }) => route(partitionKey),
        groupsOf: ({ partitionKey }) => grouped ? [route(partitionKey)] : [],
        groupsFollowShards: true,
      });
      const out: Outgoing<string>[] = [];
      for (const [name, value] of operations) {
        const index = out.length ? value % out.length : 0;
        if (name === "push") {
          queue.push(item(String(value), 1 + value));
          pushed++;
        } else if (name === "take") {
          out.push(...queue.take({ maxRecords: value, maxBytes: 60 }, now));
        } else if (name === "wait") now += value;
        else if (name === "throttle") queue.throttled(`s${value}`, now);
        else if (name === "reroute") {
          shards = 1 + value;
          queue.reroute(now);
        } else if (out.length > 0) {
          const [taken] = out.splice(index, 1);
          if (name === "retry") queue.retry(taken!);
          else {
            queue.settled(taken!);
            settled++;
          }
        }
        assert(queue.openRecords >= 0 && queue.blockedRecords >= 0);
        assert(queue.openRecords > 0 || queue.openBytes === 0);
      }
      // Whatever is left comes out in the end, once.
      const seen = new Set<Outgoing<string>>();
      for (let turn = 0; turn < 2000 && settled < pushed; turn++) {
        now += 500;
        out.push(...queue.take(LIMITS, now));
        for (const taken of out.splice(0)) {
          assert(!seen.has(taken));
          seen.add(taken);
          queue.settled(taken);
          settled++;
        }
      }
      assertEquals(settled, pushed);
      assertEquals(
        [queue.openRecords, queue.openBytes, queue.blockedRecords],
        [0, 0, 0],
      );
    },
  ));
});

Deno.test("OrderGroups lets one of a group go at a time and all of them in the end, in order", () => {
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
