import { runConsumers } from "./consumer_run.ts";
import { consumerSchedule } from "./consumer_schedule.ts";
import { replayable, seedsOf, SPEED } from "./seeds.ts";
import { verifyConsumers } from "./verify_consumer.ts";

for (const seed of seedsOf(10)) {
  Deno.test(`Consumer processes every value and stores only true checkpoints in chaos, seed ${seed}`, async () => {
    const schedule = consumerSchedule(seed);
    await replayable(seed, schedule, async () => {
      const outcome = await runConsumers(schedule, SPEED);
      verifyConsumers(schedule, outcome);
    });
  });
}
