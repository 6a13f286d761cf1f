/**
 * Checks of the conditions of each write, and that a refused write changes nothing.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { CheckpointerCheck } from "../checkpointer_suite.ts";
import {
  accepted,
  assertLease,
  assertStored,
  AT_128,
  created,
  held,
  HOLDER_WRITES,
  newLease,
  STREAM,
} from "./fixtures.ts";

export const holderChecks: readonly CheckpointerCheck[] = [
  {
    name: "take sets the owner, adds 1 to the counter and keeps the rest",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await created(checkpointer, {
        checkpoint: AT_128,
        parentShardIds: ["parent"],
      });
      const expected = { ...lease, owner: "worker-1", counter: 1 };
      assertLease(await checkpointer.take(lease, "worker-1"), expected);
      await assertStored(checkpointer, [expected]);
    },
  },
  {
    name: "take by the holder itself adds 1 to the counter",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      const expected = { ...lease, counter: 2 };
      assertLease(await checkpointer.take(lease, "worker-1"), expected);
      await assertStored(checkpointer, [expected]);
    },
  },
  {
    name: "take from another holder looks at the counter only",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      const expected = { ...lease, owner: "worker-2", counter: 2 };
      const forged = { ...lease, owner: "worker-3" };
      assertLease(await checkpointer.take(forged, "worker-2"), expected);
      await assertStored(checkpointer, [expected]);
    },
  },
  {
    name: "take is refused and changes nothing when the counter is not current",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      for (const counter of [0, 2, 3]) {
        for (const owner of ["worker-1", "worker-2"]) {
          const stale = { ...lease, counter };
          assertEquals(await checkpointer.take(stale, owner), undefined);
        }
      }
      await assertStored(checkpointer, [lease]);
    },
  },
  {
    name: "take is refused and stores nothing when there is no lease",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = { ...newLease(), counter: 0 };
      assertEquals(await checkpointer.take(lease, "worker-1"), undefined);
      assertEquals(await checkpointer.list(STREAM), []);
    },
  },
  ...HOLDER_WRITES.flatMap(({ name, write, effect }): CheckpointerCheck[] => [
    {
      name: `${name} by the holder does that, adds 1 and keeps the rest`,
      async run(store) {
        const checkpointer = await store.open("app");
        const lease = await held(checkpointer, "worker-1", {
          checkpoint: { type: "SEQUENCE", sequenceNumber: "5" },
          parentShardIds: ["parent"],
        });
        const expected = effect({ ...lease, counter: 2 });
        assertLease(await write(checkpointer, lease), expected);
        await assertStored(checkpointer, [expected]);
      },
    },
    {
      name: `${name} looks at the ids, the owner and the counter only`,
      async run(store) {
        const checkpointer = await store.open("app");
        const lease = await held(checkpointer, "worker-1", {
          parentShardIds: ["parent"],
        });
        const forged = {
          ...lease,
          checkpoint: { type: "SHARD_END" },
          parentShardIds: ["forged"],
        } as const;
        const expected = effect({ ...lease, counter: 2 });
        assertLease(await write(checkpointer, forged), expected);
        await assertStored(checkpointer, [expected]);
      },
    },
    {
      name: `${name} is refused and changes nothing with another counter`,
      async run(store) {
        const checkpointer = await store.open("app");
        const lease = await held(checkpointer);
        for (const counter of [0, 2, 3]) {
          const stale = { ...lease, counter };
          assertEquals(await write(checkpointer, stale), undefined);
        }
        await assertStored(checkpointer, [lease]);
      },
    },
    {
      name: `${name} is refused and changes nothing with another owner`,
      async run(store) {
        const checkpointer = await store.open("app");
        const lease = await held(checkpointer);
        for (const owner of ["worker-2", "worker-", "Worker-1", undefined]) {
          const foreign = { ...lease, owner };
          assertEquals(await write(checkpointer, foreign), undefined);
        }
        await assertStored(checkpointer, [lease]);
      },
    },
    {
      name:
        `${name} is refused and changes nothing when the lease has no owner`,
      async run(store) {
        const checkpointer = await store.open("app");
        const lease = await created(checkpointer);
        for (const owner of [undefined, "worker-1", "undefined", "null"]) {
          const unheld = { ...lease, owner };
          assertEquals(await write(checkpointer, unheld), undefined);
        }
        await assertStored(checkpointer, [lease]);
      },
    },
    {
      name: `${name} is refused and stores nothing when there is no lease`,
      async run(store) {
        const checkpointer = await store.open("app");
        const lease = await held(checkpointer);
        await checkpointer.delete(lease);
        assertEquals(await write(checkpointer, lease), undefined);
        assertEquals(await checkpointer.list(STREAM), []);
      },
    },
    {
      name: `${name} is refused when another worker has taken the lease`,
      async run(store) {
        const checkpointer = await store.open("app");
        const lease = await held(checkpointer);
        const taken = accepted(await checkpointer.take(lease, "worker-2"));
        assertEquals(await write(checkpointer, lease), undefined);
        const guessed = { ...lease, counter: taken.counter };
        assertEquals(await write(checkpointer, guessed), undefined);
        await assertStored(checkpointer, [taken]);
      },
    },
    {
      name: `${name} again after its answer was lost is refused, list is true`,
      async run(store) {
        const checkpointer = await store.open("app");
        const lease = await held(checkpointer);
        await write(checkpointer, lease);
        assertEquals(await write(checkpointer, lease), undefined);
        const expected = effect({ ...lease, counter: 2 });
        await assertStored(checkpointer, [expected]);
      },
    },
  ]),
  {
    name: "take again after its answer was lost is refused, list is true",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await created(checkpointer);
      await checkpointer.take(lease, "worker-1");
      assertEquals(await checkpointer.take(lease, "worker-1"), undefined);
      const expected = { ...lease, owner: "worker-1", counter: 1 };
      await assertStored(checkpointer, [expected]);
    },
  },
  {
    name: "delete again after its answer was lost is refused, list is true",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      await checkpointer.delete(lease);
      assertEquals(await checkpointer.delete(lease), false);
      assertEquals(await checkpointer.list(STREAM), []);
    },
  },
];
