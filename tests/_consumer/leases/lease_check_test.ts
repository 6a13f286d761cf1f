import { assertEquals, assertRejects } from "@std/assert";
import { confirmLease } from "../../../_consumer/leases/lease_check.ts";
import { LeaseLostError } from "../../../errors.ts";
import { FakeClock } from "../../_services/fake_clock.ts";

/** A lease that was confirmed 10 s ago, and a check whose limit is 5 s. */
function setUp(renew: () => Promise<void>) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const lease = { confirmedAt: clock.now(), renew };
  return {
    clock,
    stop,
    lease,
    check: async () => {
      await clock.advance(10_000);
      return confirmLease(lease, {
        clock,
        maxAgeMs: 5000,
        signal: stop.signal,
      });
    },
  };
}

Deno.test("confirmLease writes the lease only if it was not written for a while", async () => {
  let renewals = 0;
  const { clock, lease, check, stop } = setUp(() => {
    renewals++;
    return Promise.resolve();
  });
  await check();
  assertEquals(renewals, 1);
  lease.confirmedAt = clock.now();
  await confirmLease(lease, { clock, maxAgeMs: 5000, signal: stop.signal });
  assertEquals(renewals, 1);
});

Deno.test("confirmLease waits for its signal when the lease is lost", async () => {
  const { clock, check, stop } = setUp(() =>
    Promise.reject(new LeaseLostError("lost", { shardId: "shard" }))
  );
  const checked = check();
  const reason = new Error("closed");
  const rejected = assertRejects(() => checked, Error, "closed");
  await clock.advance(60_000);
  stop.abort(reason);
  await rejected;
});

Deno.test("confirmLease asks again after a second when no answer arrives", async () => {
  let renewals = 0;
  const { clock, check } = setUp(() =>
    ++renewals < 3 ? Promise.reject(new Error("down")) : Promise.resolve()
  );
  const checked = check();
  await clock.runUntil(checked);
  assertEquals(renewals, 3);
  assertEquals(clock.pendingTimers, 0);
});
