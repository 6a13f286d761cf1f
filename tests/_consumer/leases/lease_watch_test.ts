import { assert, assertFalse } from "@std/assert";
import { LeaseWatch } from "../../../_consumer/leases/lease_watch.ts";
import type { Lease } from "../../../checkpoint/mod.ts";

const lease = (counter: number, owner?: string): Lease => ({
  streamName: "s",
  shardId: "1",
  owner,
  counter,
  checkpoint: { type: "TRIM_HORIZON" },
  parentShardIds: [],
});

Deno.test("LeaseWatch takes a holder for dead when its counter stands still for the failover time", () => {
  const watch = new LeaseWatch(10_000);
  watch.look([lease(1, "a")], 0);
  assertFalse(watch.isExpired(lease(1, "a"), 9999));
  assert(watch.isExpired(lease(1, "a"), 10_000));
  watch.look([lease(2, "a")], 10_000);
  assertFalse(watch.isExpired(lease(2, "a"), 19_999));
});

Deno.test("LeaseWatch takes a holder for alive only when its counter has moved before its eyes", () => {
  const watch = new LeaseWatch(10_000);
  watch.look([lease(1, "a")], 0);
  assertFalse(watch.isAlive(lease(1, "a"), 1));
  watch.look([lease(2, "a")], 3000);
  assert(watch.isAlive(lease(2, "a"), 3000));
  assertFalse(watch.isAlive(lease(2, "a"), 13_000));
  // Another owner counts as alive only after it has renewed the lease once.
  watch.look([lease(3, "b")], 4000);
  assertFalse(watch.isAlive(lease(3, "b"), 4000));
  watch.look([lease(4)], 5000);
  assertFalse(watch.isAlive(lease(4), 5000));
});

Deno.test("LeaseWatch knows nothing of a lease that it has not seen", () => {
  const watch = new LeaseWatch(10_000);
  assertFalse(watch.isExpired(lease(1, "a"), 100_000));
  assertFalse(watch.isAlive(lease(1, "a"), 0));
});
