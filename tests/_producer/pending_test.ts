import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { Flushes } from "../../_producer/flushes.ts";
import { Pending, PendingList } from "../../_producer/pending.ts";
import { Waiters } from "../../_producer/waiters.ts";
import { Arrivals } from "../../_producer/arrivals.ts";

const pending = (value: number) => new Pending(value, "k", undefined, 0);

Deno.test("PendingList keeps the order of writing whatever is removed", () => {
  fc.assert(fc.property(
    fc.array(fc.option(fc.nat(30), { nil: undefined }), { maxLength: 200 }),
    (operations) => {
      const list = new PendingList<number>();
      const all: Pending<number>[] = [];
      let model: Pending<number>[] = [];
      for (const index of operations) {
        if (index === undefined) {
          const item = pending(all.length);
          list.add(item);
          all.push(item);
          model.push(item);
        } else if (all.length > 0) {
          const item = all[index % all.length]!;
          assertEquals(list.has(item), model.includes(item));
          assertEquals(list.remove(item), model.includes(item));
          model = model.filter((other) => other !== item);
        }
        assertEquals(
          [...list].map(({ value }) => value),
          model.map(
            ({ value }) => value,
          ),
        );
        assertEquals(list.length, model.length);
        assert(list.first === model[0]);
        assertEquals(list.lastOrdinal, all.length);
      }
    },
  ));
});

Deno.test("Pending reports its own error before another one", () => {
  const item = new Pending("v", "k", "7", 0);
  const why = new Error("why");
  assertEquals(item.toFailed(why), {
    value: "v",
    partitionKey: "k",
    explicitHashKey: "7",
    error: why,
    attempts: 0,
  });
  assertEquals(item.toFailed(why, { attempts: 2 }).attempts, 2);
  item.givenUp = { attempts: 3 };
  assertEquals(item.toFailed(why).attempts, 3);
  assertFalse("explicitHashKey" in pending(1).toFailed(why));
});

Deno.test("Flushes settles each flush with what happened up to its last value", async () => {
  const flushes = new Flushes<number>();
  const first = flushes.begin();
  flushes.limit(first, 2);
  flushes.delivered(1);
  const second = flushes.begin();
  flushes.limit(second, 3);
  const failed = pending(2).toFailed(new Error("no"));
  flushes.failed(2, failed);
  flushes.settle(3);
  flushes.delivered(3);
  flushes.settle(4);
  assertEquals(await first.done, { delivered: 1, failed: [failed] });
  assertEquals(await second.done, { delivered: 1, failed: [failed] });
  const third = flushes.begin();
  flushes.settle(Infinity);
  flushes.fail("enough");
  assertEquals(await third.done.catch((error) => error), "enough");
});

/** Lines named after the first letter of the partition key. */
function linesOf(shardOf = (key: string) => key[0]) {
  const routes = {
    shardCount: 9,
    shardOf: ({ partitionKey }: { partitionKey: string }) =>
      shardOf(partitionKey),
  };
  const waiters = new Waiters<string>(routes);
  const join = (value: string) => {
    const keys = { partitionKey: value };
    return waiters.join(
      { value, keys, outcome: undefined, item: undefined },
      waiters.lineOf(keys),
    );
  };
  /** Admits values while `hasRoomFor` says so. */
  const admit = (hasRoomFor: (line: string | undefined) => boolean) => {
    const values: string[] = [];
    for (let next; (next = waiters.next({ hasRoomFor }));) {
      values.push(next.written.value);
      next.admitted.resolve();
    }
    return values;
  };
  return { waiters, join, admit, routes };
}

Deno.test("Waiters admits the value that has waited longest while there is room", async () => {
  const { waiters, join, admit } = linesOf();
  const flushes = new Flushes<string>();
  const a = join("a");
  const flush = flushes.begin();
  waiters.flushAfterAll(flush);
  const b = join("b").catch((error) => error);
  assertEquals(waiters.dueFlushes(), []);
  assertEquals(waiters.waiting.map(({ value }) => value), ["a", "b"]);
  let room = 1;
  assertEquals(admit(() => room-- > 0), ["a"]);
  await a;
  assertEquals([waiters.dueFlushes(), waiters.length], [[flush], 1]);
  assertEquals(waiters.dueFlushes(), []);
  waiters.dissolve("enough");
  assertEquals([await b, waiters.length], ["enough", 0]);
});

Deno.test("Waiters serves each line by itself, and keeps the order when the lines change", () => {
  const { waiters, join, admit, routes } = linesOf();
  for (const value of ["a1", "b1", "a2", "b2", "a3"]) join(value);
  const flush = new Flushes<string>().begin();
  waiters.flushAfterAll(flush);
  join("b3");
  const open = (lines: string) => admit((line) => lines.includes(line!));
  assertEquals(open("b"), ["b1", "b2", "b3"]);
  assertEquals([waiters.has("a"), waiters.has("b")], [true, false]);
  routes.shardOf = ({ partitionKey }) => partitionKey === "a2" ? "c" : "d";
  waiters.rearrange();
  assertEquals(open("d"), ["a1", "a3"]);
  assertEquals(waiters.dueFlushes(), []);
  assertEquals(open("cd"), ["a2"]);
  assertEquals(waiters.dueFlushes(), [flush]);
  assertEquals(waiters.length, 0);
});

Deno.test("Arrivals waits for the values that were announced before and for no others", async () => {
  const arrivals = new Arrivals();
  assertEquals(arrivals.all(), undefined);
  arrivals.announce();
  arrivals.announce();
  let done = false;
  const all = arrivals.all()!.then(() => done = true);
  arrivals.announce();
  arrivals.arrive();
  await undefined;
  assertFalse(done);
  arrivals.arrive();
  await all;
  const rest = arrivals.all();
  arrivals.end();
  await rest;
  assertEquals(arrivals.all(), undefined);
});
