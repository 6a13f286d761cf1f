/**
 * Checks of concurrent writes: exactly one of the racing writes succeeds, and no write fails
 * without a conflict.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type {
  CheckpointerCheck,
  CheckpointerStore,
} from "../checkpointer_suite.ts";
import type { Checkpointer, Lease } from "../../../checkpoint/checkpointer.ts";
import {
  accepted,
  assertStored,
  AT_128,
  created,
  held,
  HOLDER_WRITES,
  newLease,
  only,
  race,
  STREAM,
} from "./fixtures.ts";

/** Opens several checkpointers for the racing writes, as several processes would. */
async function openMany(store: CheckpointerStore): Promise<Checkpointer[]> {
  return await Promise.all(Array.from({ length: 5 }, () => store.open("app")));
}

export const raceChecks: readonly CheckpointerCheck[] = [
  {
    name: "lets one of 50 racers create",
    async run(store) {
      const doors = await openMany(store);
      const winners = await race(async (index) => {
        const sequenceNumber = `${index}`;
        const checkpoint = { type: "SEQUENCE", sequenceNumber } as const;
        const lease = newLease({ checkpoint });
        return await doors[index % 5]!.create(lease) && lease;
      });
      assertEquals(winners.length, 1);
      await assertStored(doors[0]!, [{ ...winners[0]!, counter: 0 }]);
    },
  },
  {
    name: "lets one of 50 racers take",
    async run(store) {
      const doors = await openMany(store);
      const lease = await created(doors[0]!);
      const winners = await race((index) =>
        doors[index % 5]!.take(lease, `worker-${index}`)
      );
      assertEquals(winners.length, 1);
      assertEquals(winners[0]!.counter, 1);
      await assertStored(doors[0]!, winners);
    },
  },
  ...HOLDER_WRITES.map(({ name, write }): CheckpointerCheck => ({
    name: `lets one of 50 racers ${name}`,
    async run(store) {
      const doors = await openMany(store);
      const lease = await held(doors[0]!);
      const winners = await race((index) => write(doors[index % 5]!, lease));
      assertEquals(winners.length, 1);
      await assertStored(doors[0]!, winners);
    },
  })),
  {
    name: "lets one of 50 racers replace",
    async run(store) {
      const doors = await openMany(store);
      const lease = await held(doors[0]!);
      const winners = await race((index) =>
        doors[index % 5]!.replace(lease, newLease({ checkpoint: AT_128 }))
      );
      assertEquals(winners, [true]);
      const stored = { ...newLease({ checkpoint: AT_128 }), counter: 2 };
      await assertStored(doors[0]!, [stored]);
    },
  },
  {
    name: "lets one of 50 racers delete",
    async run(store) {
      const doors = await openMany(store);
      const lease = await held(doors[0]!);
      const winners = await race((index) => doors[index % 5]!.delete(lease));
      assertEquals(winners, [true]);
      assertEquals(await doors[0]!.list(STREAM), []);
    },
  },
  {
    name: "lets one win when the holder writes while others take",
    async run(store) {
      const doors = await openMany(store);
      let lease = await held(doors[0]!);
      for (let round = 0; round < 5; round++) {
        const winners: Lease[] = await race((index) =>
          index % 2
            ? doors[index % 5]!.take(lease, `worker-${index}`)
            : doors[index % 5]!.checkpoint(lease, AT_128)
        );
        assertEquals(winners.length, 1);
        await assertStored(doors[0]!, winners);
        lease = winners[0]!;
      }
    },
  },
  {
    name: "lets one of 50 racers request",
    async run(store) {
      const doors = await openMany(store);
      const lease = await held(doors[0]!);
      const winners = await race((index) =>
        doors[index % 5]!.request(lease, `asker-${index}`)
      );
      assertEquals(winners.length, 1);
      await assertStored(doors[0]!, winners);
    },
  },
  ...HOLDER_WRITES.map(({ name, write }): CheckpointerCheck => ({
    name: `lets the holder ${name} while 49 others request`,
    async run(store) {
      const doors = await openMany(store);
      let lease = await held(doors[0]!);
      for (let round = 0; round < 5; round++) {
        const seen = await only(doors[0]!);
        const results = await Promise.all(
          Array.from({ length: 50 }, (_, index) => {
            const door = doors[index % 5]!;
            return index === 25
              ? write(door, lease)
              : door.request(seen, `asker-${round}-${index}`);
          }),
        );
        const written = results[25];
        assert(written, `round ${round}: the holder was refused`);
        assertEquals(written.counter, lease.counter + 1);
        const stored = await only(doors[0]!);
        assertEquals(stored.counter, written.counter);
        lease = name === "release"
          ? accepted(await doors[0]!.take(written, "worker-1"))
          : written;
      }
    },
  })),
  {
    name: "accepts all writes when 50 shards are written at the same time",
    async run(store) {
      const checkpointer = await store.open("app");
      const winners = await race(async (index) => {
        const lease = newLease({ shardId: `shard-${index}` });
        assertEquals(await checkpointer.create(lease), true);
        const first = { ...lease, counter: 0 };
        return await checkpointer.take(first, `worker-${index}`);
      });
      assertEquals(winners.length, 50);
      await assertStored(checkpointer, winners);
    },
  },
  {
    name: "loses no write when 8 workers take until they succeed",
    async run(store) {
      const doors = await openMany(store);
      await created(doors[0]!);
      await Promise.all(Array.from({ length: 8 }, async (_, index) => {
        const door = doors[index % 5]!;
        for (let won = 0; won < 10;) {
          if (await door.take(await only(door), `worker-${index}`)) won++;
        }
      }));
      assertEquals((await only(doors[0]!)).counter, 80);
    },
  },
];
