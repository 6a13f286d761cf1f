/**
 * Checks of `request`: it stores the worker that asks for a lease and does not disturb the holder.
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
  HASH_KEYS,
  held,
  HOLDER_WRITES,
  LOAD,
  newLease,
  only,
  STREAM,
} from "./fixtures.ts";

export const requestChecks: readonly CheckpointerCheck[] = [
  {
    name: "request sets the requester and keeps the rest, also the counter",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = accepted(
        await checkpointer.checkpoint(
          await held(checkpointer, "worker-1", {
            parentShardIds: ["parent"],
            startingSequenceNumber: "5",
            hashKeyRange: HASH_KEYS,
          }),
          AT_128,
          { load: LOAD },
        ),
      );
      const expected = { ...lease, requestedBy: "worker-2" };
      assertLease(await checkpointer.request(lease, "worker-2"), expected);
      await assertStored(checkpointer, [expected]);
    },
  },
  {
    name: "request without a requester removes it and keeps the rest",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      const asked = accepted(await checkpointer.request(lease, "worker-2"));
      assertLease(await checkpointer.request(asked, undefined), lease);
      await assertStored(checkpointer, [lease]);
      assertLease(await checkpointer.request(lease, undefined), lease);
    },
  },
  {
    name: "request replaces the requester that was seen",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      const asked = accepted(await checkpointer.request(lease, "worker-2"));
      const expected = { ...lease, requestedBy: "worker-3" };
      assertLease(await checkpointer.request(asked, "worker-3"), expected);
      await assertStored(checkpointer, [expected]);
    },
  },
  {
    name: "request looks at the ids, the owner and the requester only",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer, "worker-1", {
        parentShardIds: ["parent"],
        hashKeyRange: HASH_KEYS,
      });
      let seen: string | undefined;
      for (const counter of [0, 1, 2, 99]) {
        const forged = {
          ...lease,
          counter,
          checkpoint: { type: "SHARD_END" },
          parentShardIds: ["forged"],
          startingSequenceNumber: "7",
          hashKeyRange: undefined,
          load: LOAD,
          requestedBy: seen,
        } as const;
        const requestedBy = `asker-${counter}`;
        const expected = { ...lease, requestedBy };
        assertLease(await checkpointer.request(forged, requestedBy), expected);
        await assertStored(checkpointer, [expected]);
        seen = requestedBy;
      }
    },
  },
  {
    name: "request is refused and changes nothing with another owner",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      for (const owner of ["worker-2", "worker-", "Worker-1", undefined]) {
        const foreign = { ...lease, owner };
        for (const requester of ["worker-3", undefined]) {
          assertEquals(
            await checkpointer.request(foreign, requester),
            undefined,
          );
        }
      }
      await assertStored(checkpointer, [lease]);
    },
  },
  {
    name: "request is refused and changes nothing with another requester",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      for (const requestedBy of ["worker-2", "undefined", "null"]) {
        const forged = { ...lease, requestedBy };
        assertEquals(await checkpointer.request(forged, "worker-3"), undefined);
        assertEquals(await checkpointer.request(forged, undefined), undefined);
      }
      await assertStored(checkpointer, [lease]);
      const asked = accepted(await checkpointer.request(lease, "worker-2"));
      for (const requestedBy of ["worker-3", "Worker-2", undefined]) {
        const forged = { ...lease, requestedBy };
        for (const requester of ["worker-3", "worker-2", undefined]) {
          assertEquals(
            await checkpointer.request(forged, requester),
            undefined,
          );
        }
      }
      await assertStored(checkpointer, [asked]);
    },
  },
  {
    name: "request is refused and changes nothing when the lease has no owner",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await created(checkpointer);
      for (const owner of [undefined, "worker-1", "undefined", "null"]) {
        const unheld = { ...lease, owner };
        assertEquals(await checkpointer.request(unheld, "worker-2"), undefined);
      }
      await assertStored(checkpointer, [lease]);
    },
  },
  {
    name: "request is refused and stores nothing when there is no lease",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = { ...newLease(), owner: "worker-1", counter: 1 };
      assertEquals(await checkpointer.request(lease, "worker-2"), undefined);
      assertEquals(await checkpointer.request(lease, undefined), undefined);
      assertEquals(await checkpointer.list(STREAM), []);
    },
  },
  {
    name: "request again after its answer was lost is refused, list is true",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      await checkpointer.request(lease, "worker-2");
      assertEquals(await checkpointer.request(lease, "worker-2"), undefined);
      await assertStored(checkpointer, [{ ...lease, requestedBy: "worker-2" }]);
    },
  },
  ...HOLDER_WRITES.flatMap(({ name, write, effect }): CheckpointerCheck[] => [
    {
      name: `${name} is accepted with the lease of before a request`,
      async run(store) {
        const one = await store.open("app");
        const two = await store.open("app");
        const lease = await held(one);
        accepted(await two.request(await only(two), "worker-2"));
        const asked = { ...lease, requestedBy: "worker-2", counter: 2 };
        assertLease(await write(one, lease), effect(asked));
        await assertStored(two, [effect(asked)]);
      },
    },
    {
      name: `${name} is accepted with the lease of before a withdrawn request`,
      async run(store) {
        const one = await store.open("app");
        const two = await store.open("app");
        const first = await held(one);
        const asked = accepted(await two.request(first, "worker-2"));
        const seen = accepted(await one.renew(first));
        accepted(await two.request(asked, undefined));
        const expected = effect({ ...first, counter: 3 });
        assertLease(await write(one, seen), expected);
        await assertStored(two, [expected]);
      },
    },
  ]),
  {
    name: "take removes the requester, with the lease of before a request too",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      accepted(await checkpointer.request(lease, "worker-2"));
      let expected = { ...lease, owner: "worker-2", counter: 2 };
      assertLease(await checkpointer.take(lease, "worker-2"), expected);
      await assertStored(checkpointer, [expected]);
      const asked = await checkpointer.request(expected, "worker-3");
      expected = { ...lease, owner: "worker-2", counter: 3 };
      const retaken = await checkpointer.take(accepted(asked), "worker-2");
      assertLease(retaken, expected);
      await assertStored(checkpointer, [expected]);
    },
  },
];
