import { assert, assertEquals, assertRejects } from "@std/assert";
import { HeldLease } from "../../../_consumer/leases/held_lease.ts";
import {
  type Lease,
  type LeaseLoad,
  MemoryCheckpointer,
} from "../../../checkpoint/mod.ts";
import { LeaseLostError, TimeoutError } from "../../../errors.ts";
import { FakeClock } from "../../_services/fake_clock.ts";

const at = (sequenceNumber: string) =>
  ({ type: "SEQUENCE", sequenceNumber }) as const;
type Name = "renew" | "checkpoint" | "release" | "list";

/** A held lease in a store whose calls fail as the test chooses. */
async function setUp() {
  const clock = new FakeClock();
  const store = new MemoryCheckpointer();
  await store.create({
    streamName: "s",
    shardId: "1",
    checkpoint: { type: "TRIM_HORIZON" },
    parentShardIds: [],
  });
  const stored = async () => (await store.list("s"))[0]!;
  const lease = (await store.take(await stored(), "me"))!;
  const flaky = new MemoryCheckpointer();
  const faults: {
    name: Name;
    how: "before" | "after" | "hang" | "late" | "overtaken";
  }[] = [];
  const late: (() => Promise<unknown>)[] = [];
  for (const name of ["renew", "checkpoint", "release", "list"] as const) {
    const call = store[name].bind(store) as (...a: unknown[]) => Promise<never>;
    // deno-lint-ignore no-explicit-any -- four signatures in one loop
    (flaky as any)[name] = async (...given: unknown[]) => {
      const fault = faults[0]?.name === name ? faults.shift() : undefined;
      if (fault?.how === "hang") return await new Promise(() => {});
      if (fault?.how === "late") {
        // The write does not stop when the signal aborts: it reaches the store later.
        late.push(() => call(...given.slice(0, -1)));
        return await new Promise(() => {});
      }
      // The write that timed out reaches the store first.
      if (fault?.how === "overtaken") await late.pop()!();
      if (fault?.how === "before") throw new Error("database is locked");
      const result = await call(...given);
      if (fault?.how === "after") throw new Error("connection reset");
      return result;
    };
  }
  const held = new HeldLease(lease, flaky, { clock, timeoutMs: 1000 });
  return { clock, store, stored, faults, late, held };
}

Deno.test("HeldLease writes one after another, each with the counter of the one before", async () => {
  const { held, stored } = await setUp();
  await Promise.all([held.renew(), held.write(at("5")), held.renew()]);
  const { counter, checkpoint } = await stored();
  assertEquals([counter, checkpoint], [4, at("5")]);
});

for (const how of ["before", "after"] as const) {
  Deno.test(`HeldLease goes on when a write failed ${how} it happened`, async () => {
    for (const name of ["renew", "checkpoint"] as const) {
      const { held, stored, faults } = await setUp();
      faults.push({ name, how });
      await assertRejects(
        () => name === "renew" ? held.renew() : held.write(at("5")),
        Error,
        how === "before" ? "locked" : "reset",
      );
      await held.renew();
      await held.write(at("7"));
      assertEquals((await stored()).checkpoint, at("7"));
    }
  });
}

Deno.test("HeldLease keeps trying for as long as the backend is locked", async () => {
  const { held, faults, stored } = await setUp();
  for (let n = 0; n < 20; n++) {
    faults.push({ name: "renew", how: "before" });
    await assertRejects(() => held.renew(), Error, "locked");
    faults.push({ name: "list", how: "before" });
    await assertRejects(() => held.renew(), Error, "locked");
  }
  await held.renew();
  assertEquals((await stored()).counter, 2);
});

Deno.test("HeldLease gives up a write that hangs, and goes on", async () => {
  const { held, faults, clock, stored } = await setUp();
  faults.push({ name: "checkpoint", how: "hang" });
  const hanging = held.write(at("5"));
  const behind = held.write(at("6"));
  behind.catch(() => {});
  await assertRejects(() => clock.runUntil(hanging), TimeoutError);
  await behind;
  assertEquals((await stored()).checkpoint, at("6"));
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("HeldLease is still ours when a write that was given up arrives late, before or after the next", async () => {
  for (const moment of ["before", "between", "after"] as const) {
    const { held, faults, late, clock, stored } = await setUp();
    faults.push({ name: "renew", how: "late" });
    await assertRejects(() => clock.runUntil(held.renew()), TimeoutError);
    if (moment === "before") await late.pop()!();
    if (moment === "between") {
      faults.push({ name: "checkpoint", how: "overtaken" });
    }
    await held.write(at("5"));
    if (moment === "after") assertEquals(await late.pop()!(), undefined);
    assertEquals(late.length, 0);
    assertEquals((await stored()).checkpoint, at("5"));
    await held.renew();
  }
});

Deno.test("HeldLease is lost when a write is refused, and writes nothing any more", async () => {
  const { held, store, stored } = await setUp();
  await store.take(await stored(), "other");
  await assertRejects(() => held.write(at("5")), LeaseLostError, "1");
  await assertRejects(() => held.renew(), LeaseLostError);
  await assertRejects(() => held.release(), LeaseLostError);
  const { owner, checkpoint, counter } = await stored();
  assertEquals([owner, checkpoint.type, counter], ["other", "TRIM_HORIZON", 2]);
});

Deno.test("HeldLease is lost when an answer was lost and another worker has taken it since", async () => {
  const { held, faults, store, stored } = await setUp();
  faults.push({ name: "checkpoint", how: "after" });
  await assertRejects(() => held.write(at("5")), Error, "reset");
  await store.take(await stored(), "other");
  await assertRejects(() => held.write(at("6")), LeaseLostError);
  assertEquals((await stored()).checkpoint, at("5"));
});

Deno.test("HeldLease.confirmedAt is when the accepted write was sent", async () => {
  const { held, clock, faults } = await setUp();
  const start = clock.now();
  await clock.advance(500);
  await held.renew();
  assertEquals(held.confirmedAt, start + 500);
  await clock.advance(500);
  faults.push({ name: "renew", how: "before" });
  await assertRejects(() => held.renew());
  assertEquals(held.confirmedAt, start + 500);
});

Deno.test("HeldLease.renew does nothing once the lease is given back", async () => {
  const { held, stored } = await setUp();
  const released = held.release();
  await held.renew();
  await released;
  const lease: Lease = await stored();
  assertEquals([lease.owner, lease.counter], [undefined, 2]);
  assert(held.stored.owner === undefined);
});

Deno.test("HeldLease stores the load with each renewal and checkpoint, and that of the last holder until there is one", async () => {
  const { store, stored, clock } = await setUp();
  const earlier = { bytesPerSecond: 1, recordsPerSecond: 1 };
  const lease = (await store.renew(await stored(), { load: earlier }))!;
  let load: LeaseLoad | undefined;
  const held = new HeldLease(lease, store, {
    clock,
    timeoutMs: 1000,
    load: () => load,
  });
  assertEquals(held.load, earlier);
  const given: unknown[] = [];
  const renew = store.renew.bind(store);
  store.renew = (lease, options) => {
    given.push(options?.load);
    return renew(lease, options);
  };
  await held.renew();
  assertEquals(given, [earlier]);
  load = { bytesPerSecond: 2, recordsPerSecond: 2 };
  await held.renew();
  assertEquals((await stored()).load, load);
  load = { bytesPerSecond: 3, recordsPerSecond: 3 };
  await held.write(at("7"));
  assertEquals((await stored()).load, load);
  assertEquals(held.load, load);
});
