import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { delay } from "../../_core/clock.ts";
import { json } from "../../processors/mod.ts";
import type { FailedValue } from "../../records.ts";
import {
  accessDenied,
  connectionLost,
  FakeClock,
  seeded,
  setUpProducer,
} from "./_set_up.ts";

Deno.test("Producer brings every value to exactly one end, however and whenever it ends", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.integer(),
        count: fc.integer({ min: 1, max: 80 }),
        bufferedValues: fc.integer({ min: 1, max: 30 }),
        maxAttempts: fc.integer({ min: 1, max: 4 }),
        recordTtlMs: fc.constantFrom(Infinity, 400),
        ordering: fc.constantFrom("none" as const, "key" as const),
        deadLetter: fc.constantFrom("none", "good", "breaks"),
        end: fc.constantFrom("close", "abort", "denied"),
      }),
      async (options) => {
        const { seed, count, end, deadLetter, ...rest } = options;
        const random = seeded(seed);
        const clock = new FakeClock();
        const doom = Math.floor(random() * 8);
        const buried: number[] = [];
        const letters = new WritableStream<FailedValue<number>>({
          async write({ value }) {
            await delay(random() * 100, { clock });
            if (deadLetter === "breaks" && random() < 0.2) {
              throw new Error("disk full");
            }
            buried.push(value);
          },
        });
        const { client, producer } = setUpProducer<number>(
          {
            ...rest,
            processor: json<number>(),
            partitionKey: (n) => `k${n % 7}`,
            random,
            maxBatchRecords: 5,
            deadLetter: deadLetter === "none" ? undefined : letters,
          },
          2,
          clock,
        );
        client.onPut = async (request, n) => {
          await delay(random() * 300, { clock });
          if (end === "denied" && n >= doom) throw accessDenied();
          if (random() < 0.1) throw connectionLost();
          return client.storeSome(
            request,
            () => random() < 0.3 ? "InternalFailure" : undefined,
          );
        };
        const writer = producer.getWriter();
        const acknowledged: number[] = [], rejected: number[] = [];
        const refused: number[] = [];
        const ends: Promise<unknown>[] = [];
        for (let n = 0; n < count; n++) {
          ends.push(
            n % 3 === 0
              ? producer.put(n).then(
                () => acknowledged.push(n),
                () => rejected.push(n),
              )
              : writer.write(n).catch(() => refused.push(n)),
          );
          if (random() < 0.2) await clock.advance(random() * 200);
        }
        writer.closed.catch(() => {});
        if (end === "abort") {
          await clock.advance(random() * 1000);
          ends.push(writer.abort("enough").catch(() => {}));
        } else ends.push(writer.close().catch(() => {}));
        await clock.runUntil(Promise.all(ends), 1e8);
        // The dead letters that were on their way when it was aborted.
        await clock.advance(100_000);
        assertEquals(clock.pendingTimers, 0);

        const undelivered = producer.undelivered().map(({ value }) => value);
        const stored = new Set(client.texts.map(Number));
        const { delivered } = producer.stats();
        const byPut = (n: number) => n % 3 === 0;
        for (const n of acknowledged) assert(stored.has(n));
        assertEquals(undelivered, [...new Set(undelivered)]);
        for (let n = 0; n < count; n++) {
          if (byPut(n)) {
            assertEquals(
              [acknowledged, rejected].filter((list) => list.includes(n))
                .length,
              1,
            );
            assert(!(acknowledged.includes(n) && undelivered.includes(n)));
            assert(!buried.includes(n));
          } else {
            const ended = [buried, undelivered].filter((list) =>
              list.includes(n)
            );
            assert(ended.length <= 1, `${n} ended twice`);
            assert(
              ended.length === 1 || stored.has(n) || refused.includes(n),
              `${n} is lost`,
            );
          }
        }
        const settledWrites = Array.from({ length: count }, (_, n) => n)
          .filter((n) =>
            !byPut(n) && !buried.includes(n) && !undelivered.includes(n) &&
            !refused.includes(n)
          );
        // An answer that comes just after an abort still counts, but its `put` has been rejected.
        const known = acknowledged.length + settledWrites.length;
        if (end === "abort") assert(delivered >= known);
        else assertEquals(delivered, known);
      },
    ),
    { numRuns: 300 },
  );
});
