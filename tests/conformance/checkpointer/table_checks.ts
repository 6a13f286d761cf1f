/**
 * Checks of storage: listing returns the stored leases, unchanged and with the ids they were stored
 * under.
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
  CHECKPOINTS,
  created,
  HASH_KEYS,
  held,
  LOAD,
  newLease,
  only,
  SEQUENCE_128,
  SHARD,
  STREAM,
} from "./fixtures.ts";

/**
 * Pairs of stream name and shard id that a backend would confuse if it built its keys by joining,
 * escaping, changing case or matching patterns.
 */
const UNUSUAL_IDS: readonly (readonly [stream: string, shard: string])[] = [
  ["a", "b:c"],
  ["a:b", "c"],
  ["a", "b/c"],
  ["a/b", "c"],
  ["a|b", "c#d"],
  ["orders", "shard"],
  ["orders", "Shard"],
  ["Orders", "shard"],
  ["orders-2", "shard"],
  ["order", "s-shard"],
  ["*", "?"],
  ["o*", "[a-z]{1}"],
  ["\\", "\\*"],
  ["__proto__", "constructor"],
  ["constructor", "__proto__"],
  ["toString", "hasOwnProperty"],
  ["%2F", "%"],
  [" ", "\t"],
  ["with space", "quote\"'`"],
  ["line\nbreak", "nul\0byte"],
  ["ü€😀", "日本"],
  ["u\u0308", "é"],
  ["1", "2"],
  ["s".repeat(128), "t".repeat(128)],
];

export const tableChecks: readonly CheckpointerCheck[] = [
  {
    name: "create stores a lease without an owner, with counter 0",
    async run(store) {
      const checkpointer = await store.open("app");
      const parentShardIds = ["shardId-000000000001", "shardId-000000000002"];
      const lease = newLease({ checkpoint: AT_128, parentShardIds });
      assertEquals(await checkpointer.create(lease), true);
      await assertStored(checkpointer, [{ ...lease, counter: 0 }]);
    },
  },
  {
    name: "create is refused and changes nothing when there is a lease",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      const again = newLease({ checkpoint: AT_128, parentShardIds: ["p"] });
      assertEquals(await checkpointer.create(again), false);
      await assertStored(checkpointer, [lease]);
    },
  },
  {
    name: "create ignores an owner, a counter, a requester and a load",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = {
        ...newLease(),
        owner: "worker-1",
        counter: 7,
        requestedBy: "worker-2",
        load: LOAD,
      };
      assertEquals(await checkpointer.create(lease), true);
      await assertStored(checkpointer, [{ ...newLease(), counter: 0 }]);
    },
  },
  {
    name: "list is empty when nothing is stored",
    async run(store) {
      const checkpointer = await store.open("app");
      assertEquals(await checkpointer.list(STREAM), []);
      await checkpointer.create(newLease());
      assertEquals(await checkpointer.list("other"), []);
    },
  },
  {
    name: "list shows 3000 shards",
    async run(store) {
      const checkpointer = await store.open("app");
      const leases = Array.from({ length: 3000 }, (_, index) =>
        newLease({
          shardId: `shardId-${`${index}`.padStart(12, "0")}`,
          checkpoint: { type: "SEQUENCE", sequenceNumber: `${index}` },
        }));
      for (let from = 0; from < leases.length; from += 100) {
        await Promise.all(
          leases.slice(from, from + 100).map(async (lease) =>
            assertEquals(await checkpointer.create(lease), true)
          ),
        );
      }
      await assertStored(
        checkpointer,
        leases.map((lease) => ({ ...lease, counter: 0 })),
      );
    },
  },
  {
    name: "keeps every type of checkpoint exactly, through create",
    async run(store) {
      const checkpointer = await store.open("app");
      const leases = CHECKPOINTS.map((checkpoint, index) =>
        newLease({ shardId: `shard-${index}`, checkpoint })
      );
      for (const lease of leases) await checkpointer.create(lease);
      await assertStored(
        checkpointer,
        leases.map((lease) => ({ ...lease, counter: 0 })),
      );
    },
  },
  {
    name: "keeps every type of checkpoint exactly, through checkpoint",
    async run(store) {
      const checkpointer = await store.open("app");
      let lease = await held(checkpointer);
      for (const checkpoint of [...CHECKPOINTS, ...CHECKPOINTS.toReversed()]) {
        const counter = lease.counter + 1;
        const expected = { ...lease, checkpoint, counter };
        lease = accepted(await checkpointer.checkpoint(lease, checkpoint));
        assertLease(lease, expected);
        await assertStored(checkpointer, [expected]);
      }
    },
  },
  {
    name: "keeps streams apart",
    async run(store) {
      const checkpointer = await store.open("app");
      const one = await held(checkpointer, "worker-1", { streamName: "one" });
      const two = await created(checkpointer, { streamName: "two" });
      assertEquals(two.counter, 0);
      accepted(await checkpointer.checkpoint(one, AT_128));
      await assertStored(checkpointer, [two], "two");
      assertEquals(await checkpointer.delete(two), true);
      assertLease(await only(checkpointer, "one"), {
        ...one,
        checkpoint: AT_128,
        counter: 2,
      });
    },
  },
  {
    name: "keeps names apart",
    async run(store) {
      const one = await store.open("one");
      const two = await store.open("two");
      const lease = await held(one);
      assertEquals(await two.list(STREAM), []);
      assertEquals(await two.renew(lease), undefined);
      assertEquals(await two.take(lease, "worker-2"), undefined);
      assertEquals(await two.delete(lease), false);
      await created(two);
      await assertStored(one, [lease]);
    },
  },
  {
    name: "shows what one of the same name wrote",
    async run(store) {
      const one = await store.open("app");
      const two = await store.open("app");
      const lease = await held(one);
      await assertStored(two, [lease]);
      const next = accepted(await two.checkpoint(lease, AT_128));
      await assertStored(one, [next]);
      assertEquals(await one.renew(lease), undefined);
      assertEquals(await one.delete(next), true);
      assertEquals(await two.list(STREAM), []);
    },
  },
  {
    name: "keeps unusual stream and shard ids apart and unchanged",
    async run(store) {
      const checkpointer = await store.open("app");
      const leases = UNUSUAL_IDS.map(([streamName, shardId], index) =>
        newLease({
          streamName,
          shardId,
          checkpoint: { type: "SEQUENCE", sequenceNumber: `${index}` },
          parentShardIds: [`${shardId}'`],
        })
      );
      for (const lease of leases) {
        assertEquals(await checkpointer.create(lease), true, lease.shardId);
      }
      for (const lease of leases) {
        const { streamName, shardId } = lease;
        const owner = `${streamName} ${shardId}`;
        const first = { ...lease, counter: 0 };
        const taken = await checkpointer.take(first, owner);
        assertLease(taken, { ...lease, owner, counter: 1 });
      }
      for (const { streamName } of leases) {
        const expected = leases.filter((l) => l.streamName === streamName);
        await assertStored(
          checkpointer,
          expected.map((lease) => ({
            ...lease,
            owner: `${streamName} ${lease.shardId}`,
            counter: 1,
          })),
          streamName,
        );
      }
    },
  },
  {
    name: "gives out copies and keeps copies",
    async run(store) {
      const checkpointer = await store.open("app");
      const timestamp = new Date(1_700_000_000_123);
      const parentShardIds = ["parent"];
      const hashKeyRange = { ...HASH_KEYS };
      const given = newLease({
        checkpoint: { type: "AT_TIMESTAMP", timestamp },
        parentShardIds,
        hashKeyRange,
      });
      const truth = {
        ...structuredClone(given),
        owner: "worker-1",
        counter: 1,
      };
      await checkpointer.create(given);
      timestamp.setTime(0);
      parentShardIds.push("forged");
      Object.assign(hashKeyRange, { endingHashKey: "7" });
      const taken = await checkpointer.take(
        await only(checkpointer),
        "worker-1",
      );
      for (const lease of [accepted(taken), await only(checkpointer)]) {
        assertLease(lease, truth);
        Object.assign(lease, { owner: "forged", counter: 99, shardId: "x" });
        Object.assign(lease.checkpoint, { type: "SHARD_END" });
        (lease.parentShardIds as string[]).push("forged");
        Object.assign(lease.hashKeyRange!, { endingHashKey: "7" });
        await assertStored(checkpointer, [truth]);
      }
    },
  },
  {
    name: "delete removes a lease when its counter is current, for every owner",
    async run(store) {
      const checkpointer = await store.open("app");
      const other = newLease({ shardId: "other" });
      const lease = await held(checkpointer);
      await checkpointer.create(other);
      const forged = { ...lease, owner: "worker-2" };
      assertEquals(await checkpointer.delete(forged), true);
      await assertStored(checkpointer, [{ ...other, counter: 0 }]);
      assertEquals(await checkpointer.delete({ ...other, counter: 0 }), true);
      assertEquals(await checkpointer.list(STREAM), []);
    },
  },
  {
    name:
      "delete is refused and changes nothing when the counter is not current",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      for (const counter of [0, 2, 3]) {
        assertEquals(await checkpointer.delete({ ...lease, counter }), false);
      }
      await assertStored(checkpointer, [lease]);
      const absent = { ...lease, shardId: "absent" };
      assertEquals(await checkpointer.delete(absent), false);
    },
  },
  {
    name: "keeps where the shard starts, through every write",
    async run(store) {
      const checkpointer = await store.open("app");
      const startingSequenceNumber = SEQUENCE_128;
      let lease = await held(checkpointer, "worker-1", {
        startingSequenceNumber,
      });
      assertEquals(lease.startingSequenceNumber, SEQUENCE_128);
      lease = accepted(await checkpointer.renew(lease));
      lease = accepted(await checkpointer.checkpoint(lease, AT_128));
      lease = accepted(await checkpointer.release(lease));
      const forged = { ...lease, startingSequenceNumber: "7" };
      lease = accepted(await checkpointer.take(forged, "worker-2"));
      assertEquals(lease.startingSequenceNumber, SEQUENCE_128);
      await assertStored(checkpointer, [lease]);
    },
  },
  {
    name: "keeps the hash keys of the shard, through every write",
    async run(store) {
      const checkpointer = await store.open("app");
      let lease = await held(checkpointer, "worker-1", {
        hashKeyRange: HASH_KEYS,
      });
      assertEquals(lease.hashKeyRange, HASH_KEYS);
      lease = accepted(await checkpointer.request(lease, "worker-2"));
      lease = accepted(await checkpointer.renew(lease));
      lease = accepted(await checkpointer.checkpoint(lease, AT_128));
      lease = accepted(await checkpointer.release(lease));
      const forged = {
        ...lease,
        hashKeyRange: { startingHashKey: "0", endingHashKey: "7" },
      };
      lease = accepted(await checkpointer.take(forged, "worker-2"));
      assertEquals(lease.hashKeyRange, HASH_KEYS);
      await assertStored(checkpointer, [lease]);
    },
  },
  {
    name: "take stores where the shard starts if that is not stored",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await created(checkpointer);
      const told = { ...lease, startingSequenceNumber: SEQUENCE_128 };
      const taken = await checkpointer.take(told, "worker-1");
      assertLease(taken, { ...told, owner: "worker-1", counter: 1 });
      await assertStored(checkpointer, [accepted(taken)]);
    },
  },
  {
    name:
      "replace puts another lease in place of one whose counter is current, for every owner",
    async run(store) {
      const checkpointer = await store.open("app");
      const other = newLease({ shardId: "other" });
      const lease = await held(checkpointer, "worker-1", {
        parentShardIds: ["p"],
        startingSequenceNumber: "1",
        hashKeyRange: { startingHashKey: "0", endingHashKey: "7" },
      });
      await checkpointer.create(other);
      const next = newLease({
        checkpoint: AT_128,
        parentShardIds: ["q"],
        startingSequenceNumber: "2",
        hashKeyRange: HASH_KEYS,
      });
      const forged = { ...lease, owner: "worker-2" };
      assertEquals(await checkpointer.replace(forged, next), true);
      assertEquals(await checkpointer.renew(lease), undefined);
      const expected = [{ ...next, counter: 2 }, { ...other, counter: 0 }];
      await assertStored(checkpointer, expected);
      const bare = newLease();
      assertEquals(
        await checkpointer.replace({ ...next, counter: 2 }, bare),
        true,
      );
      await assertStored(checkpointer, [
        { ...bare, counter: 3 },
        { ...other, counter: 0 },
      ]);
    },
  },
  {
    name: "replace removes the requester and the load",
    async run(store) {
      const checkpointer = await store.open("app");
      const old = await held(checkpointer);
      accepted(await checkpointer.request(old, "worker-2"));
      const lease = accepted(await checkpointer.renew(old, { load: LOAD }));
      assertEquals(await checkpointer.replace(lease, newLease()), true);
      const stored = { ...newLease(), counter: 3 };
      await assertStored(checkpointer, [stored]);
      const taken = await checkpointer.take(stored, "worker-1");
      assertLease(taken, { ...stored, owner: "worker-1", counter: 4 });
    },
  },
  {
    name:
      "replace ignores ids, an owner, a counter, a requester and a load of the new lease",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      const next = {
        ...newLease({ checkpoint: AT_128, streamName: "x", shardId: "y" }),
        owner: "worker-2",
        counter: 9,
        requestedBy: "worker-3",
        load: LOAD,
      };
      assertEquals(await checkpointer.replace(lease, next), true);
      assertEquals(await checkpointer.list("x"), []);
      const stored = { ...newLease({ checkpoint: AT_128 }), counter: 2 };
      await assertStored(checkpointer, [stored]);
    },
  },
  {
    name:
      "replace is refused and changes nothing when the counter is not current",
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      const next = newLease({ checkpoint: AT_128 });
      for (const counter of [0, 2, 3]) {
        const stale = { ...lease, counter };
        assertEquals(await checkpointer.replace(stale, next), false);
      }
      const absent = { ...lease, shardId: "absent" };
      assertEquals(await checkpointer.replace(absent, next), false);
      await assertStored(checkpointer, [lease]);
    },
  },
  {
    name: "starts over when a lease is deleted and created again",
    async run(store) {
      const checkpointer = await store.open("app");
      const first = await held(checkpointer, "worker-1", {
        hashKeyRange: HASH_KEYS,
      });
      accepted(await checkpointer.request(first, "worker-2"));
      const old = accepted(
        await checkpointer.checkpoint(first, AT_128, { load: LOAD }),
      );
      await checkpointer.delete(old);
      const lease = await created(checkpointer, { parentShardIds: [SHARD] });
      assertLease(lease, {
        ...newLease({ parentShardIds: [SHARD] }),
        counter: 0,
      });
      assertEquals(await checkpointer.renew(old), undefined);
      assertEquals(await checkpointer.take(old, "worker-1"), undefined);
      assertEquals(await checkpointer.delete(old), false);
      await assertStored(checkpointer, [lease]);
    },
  },
];
