import { assertEquals } from "@std/assert";
import { Balance } from "../../../_consumer/leases/balance.ts";
import type { Lease, LeaseLoad } from "../../../checkpoint/mod.ts";

const FAILOVER_MS = 10_000;
const OURS: LeaseLoad = { recordsPerSecond: 1, bytesPerSecond: 1 };

const lease = (shardId: string, owner: string, load?: LeaseLoad): Lease => ({
  streamName: "s",
  shardId,
  owner,
  counter: 0,
  checkpoint: { type: "TRIM_HORIZON" },
  parentShardIds: [],
  load,
});

Deno.test("Balance counts leases when a living worker has stored no load for 3 minutes and a failover time", () => {
  const balance = new Balance({ failoverTimeMs: FAILOVER_MS });
  const byNumber = (now: number, ...leases: Lease[]) =>
    balance.look(leases, now).byNumber;
  const kcl = lease("1", "kcl", { bytesPerSecond: 5 });
  const ours = lease("2", "other", OURS);
  assertEquals(byNumber(0, kcl, ours), false);
  assertEquals(byNumber(189_999, kcl, ours), false);
  assertEquals(byNumber(190_000, kcl, ours), true);
  // Another holder has its own time.
  const next = lease("1", "other");
  assertEquals(byNumber(190_001, next, ours), false);
  assertEquals(byNumber(380_000, next, ours), false);
  // It has stored a load.
  assertEquals(byNumber(380_001, lease("1", "other", OURS), ours), false);
  assertEquals(byNumber(800_000, next, ours), false);
  // The worker of the KCL is gone.
  assertEquals(byNumber(990_000, next), true);
  assertEquals(byNumber(990_001), false);
});

Deno.test("Balance is calm for a failover time after each move", () => {
  const balance = new Balance({ failoverTimeMs: FAILOVER_MS });
  const isCalm = (now: number) => balance.look([], now).isCalm;
  assertEquals(isCalm(0), false);
  balance.noteAsked(5);
  assertEquals(isCalm(10_004), true);
  assertEquals(isCalm(10_005), false);
});

Deno.test("Balance moves a shard for its load only when that was right for six failover times, a minute at most", () => {
  for (
    const [failoverTimeMs, steadyMs] of [[2000, 12_000], [
      30_000,
      60_000,
    ]] as const
  ) {
    const balance = new Balance({ failoverTimeMs });
    const isSteady = (now: number, isWanted = true, isPaused = false) =>
      balance.isSteady(isWanted, isPaused, now);
    assertEquals(isSteady(0), false);
    assertEquals(isSteady(steadyMs - 1), false);
    assertEquals(isSteady(steadyMs), true);
    // A look while another move is under way shows nothing.
    assertEquals(isSteady(steadyMs + 1, false, true), false);
    assertEquals(isSteady(steadyMs + 2), true);
    // A look that shows no move begins anew.
    assertEquals(isSteady(steadyMs + 3, false), false);
    assertEquals(isSteady(steadyMs + 4), false);
    assertEquals(isSteady(2 * steadyMs + 4), true);
  }
});
