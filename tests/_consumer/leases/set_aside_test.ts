import { assertEquals } from "@std/assert";
import { SetAside } from "../../../_consumer/leases/set_aside.ts";
import { FakeClock } from "../../_services/fake_clock.ts";

Deno.test("SetAside holds a shard for three failover times, and twice as long each further time, up to 10 minutes", async () => {
  const clock = new FakeClock();
  const shards = new SetAside({ clock, failoverTimeMs: 10_000 });
  assertEquals([shards.has("a"), shards.pauseMs], [false, Infinity]);
  for (const seconds of [30, 60, 120, 240, 480, 600, 600]) {
    shards.add("a");
    assertEquals([shards.has("a"), shards.has("b")], [true, false]);
    assertEquals(shards.pauseMs, seconds * 1000);
    await clock.advance(seconds * 1000 - 1);
    assertEquals(shards.has("a"), true);
    await clock.advance(1);
    assertEquals([shards.has("a"), shards.pauseMs], [false, Infinity]);
  }
  await clock.advance(600_000);
  shards.add("a");
  assertEquals(shards.pauseMs, 30_000);
});

Deno.test("SetAside holds a shard for three failover times also if these are long", async () => {
  const clock = new FakeClock();
  const shards = new SetAside({ clock, failoverTimeMs: 3_600_000 });
  for (let times = 0; times < 3; times++) {
    shards.add("a");
    assertEquals(shards.pauseMs, 10_800_000);
    await clock.advance(10_800_000);
  }
});
