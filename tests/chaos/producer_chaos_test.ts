import { runProducer } from "./producer_run.ts";
import { producerSchedule } from "./producer_schedule.ts";
import { replayable, seedsOf, SPEED } from "./seeds.ts";
import { verifyProducer } from "./verify_producer.ts";

for (const seed of seedsOf(20)) {
  Deno.test(`Producer loses nothing and keeps order in chaos, seed ${seed}`, async () => {
    const schedule = producerSchedule(seed);
    await replayable(seed, schedule, async () => {
      const outcome = await runProducer(schedule, SPEED);
      verifyProducer(schedule, outcome);
    });
  });
}
