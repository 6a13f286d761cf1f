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

Deno.test("Pending tells its own error before another one", () => {
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
  first.upTo = 2;
  flushes.delivered(1);
  const second = flushes.begin();
  second.upTo = 3;
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

Deno.test("Waiters lets in first the one who came first, as long as there is room", async () => {
  const waiters = new Waiters<string>();
  const seen: string[] = [];
  let room = 1;
  const admit = () =>
    waiters.admit(() => room > 0, (name) => {
      seen.push(name);
      room--;
    });
  const a = waiters.wait("a", undefined);
  waiters.afterAll(() => seen.push("flush"));
  const b = waiters.wait("b", undefined).catch((error) => error);
  assertEquals(waiters.waiting, ["a", "b"]);
  admit();
  await a;
  assertEquals([seen, waiters.length], [["a", "flush"], 1]);
  waiters.dissolve("enough");
  assertEquals([await b, waiters.length], ["enough", 0]);
});

Deno.test("Waiters lets nobody wait for a line that is not theirs, and keeps the order when lines change", () => {
  const waiters = new Waiters<string>();
  const seen: string[] = [];
  for (const name of ["a1", "b1", "a2", "b2", "a3"]) {
    waiters.wait(name, name[0]);
  }
  waiters.afterAll(() => seen.push("all"));
  waiters.wait("b3", "b");
  const admit = (open: string) =>
    waiters.admit((line) => open.includes(line!), (name) => seen.push(name));
  admit("b");
  assertEquals(seen, ["b1", "b2", "b3"]);
  assertEquals([waiters.has("a"), waiters.has("b")], [true, false]);
  waiters.rearrange((name) => name === "a2" ? "c" : "d");
  admit("d");
  assertEquals(seen.slice(3), ["a1", "a3"]);
  admit("cd");
  assertEquals(seen.slice(5), ["a2", "all"]);
  assertEquals(waiters.length, 0);
});

Deno.test("Arrivals waits for what was announced before and nothing else", async () => {
  const arrivals = new Arrivals();
  assertEquals(arrivals.all(), undefined);
  arrivals.announced();
  arrivals.announced();
  let done = false;
  const all = arrivals.all()!.then(() => done = true);
  arrivals.announced();
  arrivals.arrived();
  await undefined;
  assertFalse(done);
  arrivals.arrived();
  await all;
  const rest = arrivals.all();
  arrivals.end();
  await rest;
  assertEquals(arrivals.all(), undefined);
});
