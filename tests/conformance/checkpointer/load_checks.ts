/**
 * Checks of the load, which the writes of a holder may store.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { LeaseLoad } from "../../../checkpoint/checkpointer.ts";
import type { CheckpointerCheck } from "../checkpointer_suite.ts";
import {
  accepted,
  assertLease,
  assertStored,
  held,
  HOLDER_WRITES,
  LOAD,
  LOAD_WRITES,
  only,
  SMALL_LOAD,
} from "./fixtures.ts";

/** Loads that a careless backend would round, merge or take for none. */
const LOADS: readonly LeaseLoad[] = [
  LOAD,
  SMALL_LOAD,
  { bytesPerSecond: 0.1, recordsPerSecond: 1 / 3 },
  { bytesPerSecond: 0, recordsPerSecond: 0, millisBehindLatest: 0 },
  { bytesPerSecond: 2_147_483_648, millisBehindLatest: 86_400_000 },
  { bytesPerSecond: 1 },
];

export const loadChecks: readonly CheckpointerCheck[] = [
  ...LOAD_WRITES.flatMap(({ name, write, effect }): CheckpointerCheck[] => [
    {
      name: `${name} replaces the whole load by the one that is given`,
      async run(store) {
        const checkpointer = await store.open("app");
        let lease = await held(checkpointer);
        for (const load of [...LOADS, ...LOADS.toReversed()]) {
          const counter = lease.counter + 1;
          const expected = { ...effect(lease), load, counter };
          lease = accepted(await write(checkpointer, lease, { load }));
          assertLease(lease, expected);
          await assertStored(checkpointer, [expected]);
        }
      },
    },
    {
      name: `${name} stores no load when it is refused`,
      async run(store) {
        const checkpointer = await store.open("app");
        const lease = await held(checkpointer);
        const stale = { ...lease, counter: 0 };
        const refused = await write(checkpointer, stale, { load: LOAD });
        assertEquals(refused, undefined);
        await assertStored(checkpointer, [lease]);
      },
    },
  ]),
  ...HOLDER_WRITES.map(({ name, write, effect }): CheckpointerCheck => ({
    name: `${name} keeps the load when none is given`,
    async run(store) {
      const checkpointer = await store.open("app");
      const first = await held(checkpointer);
      const lease = accepted(await checkpointer.renew(first, { load: LOAD }));
      const { load: _, ...forged } = lease;
      const expected = effect({ ...lease, load: LOAD, counter: 3 });
      assertLease(await write(checkpointer, forged), expected);
      await assertStored(checkpointer, [expected]);
    },
  })),
  {
    name: "take keeps the load",
    async run(store) {
      const checkpointer = await store.open("app");
      const first = await held(checkpointer);
      const lease = accepted(await checkpointer.renew(first, { load: LOAD }));
      const forged = { ...lease, load: SMALL_LOAD };
      const expected = { ...lease, owner: "worker-2", counter: 3 };
      assertLease(await checkpointer.take(forged, "worker-2"), expected);
      await assertStored(checkpointer, [expected]);
    },
  },
  {
    name: "gives out copies of the load and keeps copies",
    async run(store) {
      const checkpointer = await store.open("app");
      const load = { ...LOAD };
      const first = await held(checkpointer);
      const lease = accepted(await checkpointer.renew(first, { load }));
      const truth = { ...first, load: LOAD, counter: 2 };
      Object.assign(load, SMALL_LOAD);
      await assertStored(checkpointer, [truth]);
      for (const copy of [lease, await only(checkpointer)]) {
        Object.assign(copy.load!, SMALL_LOAD);
        await assertStored(checkpointer, [truth]);
      }
    },
  },
];
