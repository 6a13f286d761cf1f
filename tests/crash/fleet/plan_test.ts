import { assert, assertEquals } from "@std/assert";
import { eventsOf, type FleetPlan } from "./plan.ts";

const PLAN: FleetPlan = {
  ...{ seed: 1, workers: 5, shards: 24, records: 1000 },
  ...{ durationMs: 20_000, failoverMs: 1000, speed: 10 },
};
const SEEDS = Array.from({ length: 100 }, (_, index) => index + 1);

Deno.test("eventsOf returns the same events for the same seed, and others for another one", () => {
  assertEquals(eventsOf(PLAN), eventsOf(PLAN));
  const texts = SEEDS.map((seed) =>
    JSON.stringify(eventsOf({ ...PLAN, seed }))
  );
  assertEquals(new Set(texts).size, SEEDS.length);
});

Deno.test("eventsOf has every kind of event, and freezes workers for shorter and longer than the failover time", () => {
  for (const seed of SEEDS) {
    const events = eventsOf({ ...PLAN, seed });
    const kinds = new Set(events.map(({ type }) => type));
    assertEquals(kinds.size, 8, `seed ${seed} has only ${[...kinds]}`);
    const times = events.filter(({ type }) => type === "freeze").map(
      (freeze) => {
        const thaw = events.find((it) =>
          it.type === "thaw" && "slot" in freeze && it.slot === freeze.slot &&
          it.atMs > freeze.atMs
        );
        return thaw!.atMs - freeze.atMs;
      },
    );
    assert(times.some((ms) => ms > 1.4 * PLAN.failoverMs), `seed ${seed}`);
    assert(times.some((ms) => ms < PLAN.failoverMs), `seed ${seed}`);
  }
});

Deno.test("eventsOf leaves two workers running at any time, and all of them at the end", () => {
  for (const seed of SEEDS) {
    for (const workers of [3, 5]) {
      const running = new Set(
        Array.from({ length: workers }, (_, slot) => slot),
      );
      for (const event of eventsOf({ ...PLAN, seed, workers })) {
        switch (event.type) {
          case "start":
          case "thaw":
            assert(!running.has(event.slot));
            running.add(event.slot);
            break;
          case "kill":
          case "stop":
          case "freeze":
            assert(running.has(event.slot), `seed ${seed}: not running`);
            running.delete(event.slot);
        }
        assert(running.size >= 2, `seed ${seed}: ${running.size} running`);
      }
      assertEquals(running.size, workers);
    }
  }
});
