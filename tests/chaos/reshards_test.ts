import { assert } from "@std/assert";
import { recordId } from "../../record_id.ts";
import { type ReshardOutcome, runReshards } from "./reshards_run.ts";
import { drawnRules, type ReshardSchedule } from "./reshards_schedule.ts";
import { replayable, seedsOf } from "./seeds.ts";
import { verifyConsumers } from "./verify_consumer.ts";

/**
 * The values of a key are processed for the first time in the order of writing, and their ids rise,
 * also from a parent to its children.
 */
function verifyKeys({ events }: ReshardOutcome): void {
  const seen = new Set<string>();
  const last = new Map<string, { n: number; id: string }>();
  for (const entry of events.entries) {
    if (entry.type !== "seen" || seen.has(entry.item.id)) continue;
    const { item, life, at } = entry;
    seen.add(item.id);
    const id = recordId(at);
    const before = last.get(item.key) ?? { n: -1, id: "" };
    assert(item.n > before.n, `${life}: ${item.id} of ${item.key} is late`);
    assert(id > before.id, `${life}: ${id} comes after ${before.id}`);
    last.set(item.key, { n: item.n, id });
  }
}

for (const seed of seedsOf(3)) {
  const fanOut = seed % 3 === 0;
  const how = fanOut ? "over fan-out" : "by polling";
  Deno.test(`Consumer keeps the order of each key ${how} through 150 reshards and faults of every action, seed ${seed}`, async () => {
    const schedule: ReshardSchedule = {
      seed,
      reshards: 150,
      values: 6000,
      workers: seed % 2 + 1,
      fanOut,
      hasListShards: seed % 2 === 1,
      storeFailures: seed % 2 * 0.02,
    };
    await replayable(seed, schedule, async () => {
      const outcome = await runReshards(schedule);
      assert(outcome.leases.length >= 150);
      verifyConsumers(schedule, outcome);
      verifyKeys(outcome);
      assert(fanOut || outcome.expiredUnused > 0);
      for (const { name } of drawnRules(schedule)) {
        assert((outcome.counts[name!] ?? 0) > 0, `no ${name}`);
      }
    });
  });
}
