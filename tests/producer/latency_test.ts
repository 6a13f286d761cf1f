import { assertEquals, assertLessOrEqual } from "@std/assert";
import {
  json,
  jsonLines,
  kplJson,
  type Processor,
} from "../../processors/mod.ts";
import { setUpProducer } from "./_set_up.ts";

const ROUND_TRIP_MS = 20;

for (const lingerMs of [5, 100]) {
  for (const ordering of ["none", "key"] as const) {
    for (
      const [name, processor] of Object.entries<Processor<number>>({
        json: json<number>(),
        jsonLines: jsonLines<number>(),
        kplJson: kplJson<number>(),
      })
    ) {
      Deno.test(`Producer acknowledges 99 % of values within lingerMs (${lingerMs}), a round trip and 10 ms with ${name} and ordering ${ordering}`, async () => {
        const { clock, client, producer } = setUpProducer<number>({
          processor,
          partitionKey: (n) => `k${n % 500}`,
          lingerMs,
          ordering,
        }, 2);
        client.latencyMs = ROUND_TRIP_MS;
        const times: number[] = [];
        for (let n = 0; n < 3000; n++) {
          const at = clock.now();
          producer.put(n).then(() => times.push(clock.now() - at));
          await clock.advance(1);
        }
        await clock.runUntil(producer.close());
        times.sort((a, b) => a - b);
        assertEquals(times.length, 3000);
        // A record that shares its group with one on its way waits for that one too.
        const trips = ordering === "key" ? 2 : 1;
        assertLessOrEqual(
          times[Math.floor(0.99 * times.length)]!,
          lingerMs + trips * ROUND_TRIP_MS + 10,
        );
      });
    }
  }
}
