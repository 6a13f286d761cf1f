import { assert } from "@std/assert";
import {
  drawnRules,
  type ReshardOutcome,
  type ReshardSchedule,
  runReshards,
} from "./reshards_run.ts";
import { replayable, seedsOf } from "./seeds.ts";
import { verifyConsumers } from "./verify_consumer.ts";

/** The values of a key are processed for the first time in the order of writing. */
function verifyKeys({ diary }: ReshardOutcome): void {
  const seen = new Set<string>();
  const last = new Map<string, number>();
  for (const entry of diary.entries) {
    if (entry.type !== "seen" || seen.has(entry.item.id)) continue;
    const { id, key, n } = entry.item;
    seen.add(id);
    assert(n > (last.get(key) ?? -1), `${entry.life}: ${id} of ${key} is late`);
    last.set(key, n);
  }
}

for (const seed of seedsOf(2)) {
  Deno.test(`Consumer keeps the order of each key through 150 reshards, faults of every action and expired iterators, seed ${seed}`, async () => {
    const schedule: ReshardSchedule = {
      seed,
      reshards: 150,
      values: 6000,
      workers: seed % 2 + 1,
      hasListShards: seed % 2 === 1,
      storeFailures: seed % 2 * 0.02,
    };
    await replayable(seed, schedule, async () => {
      const outcome = await runReshards(schedule);
      assert(outcome.leases.length >= 150);
      verifyConsumers(schedule, outcome);
      verifyKeys(outcome);
      assert(outcome.expiredUnused > 0);
      for (const { name } of drawnRules(schedule)) {
        assert((outcome.counts[name!] ?? 0) > 0, `no ${name}`);
      }
    });
  });
}
