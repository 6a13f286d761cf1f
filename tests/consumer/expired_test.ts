/** Records that expire before a slow reader reaches them. */
import { assert, assertEquals } from "@std/assert";
import type { ExpiredEvent } from "../../hooks.ts";
import { World } from "./_world.ts";

const HOUR_MS = 3_600_000;
// The time that one value takes. Less than the 5 minutes after which an iterator expires.
const VALUE_MS = 240_000;

Deno.test("Consumer reports that records expired before a slow reader with valid iterators reached them", async () => {
  const world = new World();
  await world.put(100, { keys: ["k"] });
  world.server.advance(23 * HOUR_MS);
  const reported: ExpiredEvent[] = [];
  const consumer = world.consumer({
    prefetch: { records: 1 },
    hooks: { onExpired: (event) => void reported.push(event) },
  });
  const got: number[] = [];
  const done = (async () => {
    for await (const { value } of consumer) {
      got.push(value.i);
      await new Promise<void>((resolve) =>
        world.clock.setTimeout(resolve, VALUE_MS)
      );
    }
  })();
  await world.pass(HOUR_MS / 2);
  await world.put(5, { keys: ["k"] });
  const asked = world.asked("GetShardIterator");
  await world.pass(HOUR_MS);
  assert(!got.includes(99));
  assertEquals(got.at(-1), 104);
  assertEquals(reported.length, 1);
  assertEquals(reported[0]?.what, "records");
  // Before that, all records were younger than the retention, so no new iterator was made.
  assertEquals(asked, 1);
  await world.run(consumer.close());
  await done;
});
