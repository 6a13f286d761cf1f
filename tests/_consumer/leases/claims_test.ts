import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { chooseClaims } from "../../../_consumer/leases/claims.ts";
import type { Lease } from "../../../checkpoint/mod.ts";

const lease = (shardId: string, owner?: string): Lease => ({
  streamName: "s",
  shardId,
  owner,
  counter: 0,
  checkpoint: { type: "TRIM_HORIZON" },
  parentShardIds: [],
});

const choose = (
  workerId: string,
  leases: Lease[],
  { expired = [], working = [], twin = [], room = Infinity, left = [] }: {
    expired?: string[];
    working?: string[];
    twin?: string[];
    room?: number;
    left?: string[];
  } = {},
) => {
  const { take, ask } = chooseClaims({
    workerId,
    leases,
    isExpired: ({ owner }) => expired.includes(owner ?? ""),
    isResumable: ({ shardId }) => !twin.includes(shardId),
    working: new Set(working),
    taking: new Set(),
    asked: new Set(),
    room,
    isLeftOver: ({ shardId }) => left.includes(shardId),
    byNumber: false,
    isCalm: false,
    random: () => 0.5,
  });
  return [...take, ...ask].map(({ shardId }) => shardId);
};

Deno.test("chooseClaims takes everything that is free when the worker is alone", () => {
  assertEquals(choose("me", [lease("1"), lease("2")]).sort(), ["1", "2"]);
});

Deno.test("chooseClaims resumes the leases that carry its name, above its share too", () => {
  const leases = [lease("1", "me"), lease("2", "me"), lease("3", "other")];
  assertEquals(choose("me", leases, { working: ["1"] }), ["2"]);
});

Deno.test("chooseClaims shares with another worker of its name as with any other", () => {
  const ids = ["1", "2", "3", "4"];
  const leases = ids.map((id) => lease(id, "me"));
  assertEquals(choose("me", leases, { twin: ids }).length, 1);
  assertEquals(
    choose("me", leases, { twin: ["1", "2"], working: ["3", "4"] }),
    [],
  );
  assertEquals(
    choose("me", leases, { twin: ids, expired: ["me"] }).sort(),
    ids,
  );
});

Deno.test("chooseClaims takes no lease of a shard that the worker still reads, although another worker has taken it", () => {
  const working = ["1", "2"];
  // The other worker has given it back, or has died since.
  const free = [lease("1"), lease("2", "dead"), lease("3")];
  assertEquals(choose("me", free, { working, expired: ["dead"] }), ["3"]);
  // The other worker holds it: only leases that it had before are stolen.
  const lost = ["1", "2", "3"].map((id) => lease(id, "other"));
  assertEquals(choose("me", lost, { working }), ["3"]);
  assertEquals(choose("me", lost.slice(0, 2), { working }), []);
});

Deno.test("chooseClaims takes no more than there is room for", () => {
  const free = ["1", "2", "3"].map((id) => lease(id));
  assertEquals(choose("me", free, { room: 2 }).length, 2);
  assertEquals(choose("me", free, { room: 0 }), []);
  const own = ["1", "2", "3"].map((id) => lease(id, "me"));
  assertEquals(choose("me", own, { room: 2 }).length, 2);
  const others = ["1", "2", "3"].map((id) => lease(id, "other"));
  assertEquals(choose("me", others, { room: 1 }).length, 1);
  assertEquals(choose("me", others, { room: 0 }), []);
});

Deno.test("chooseClaims takes the free leases that remain beyond its part", () => {
  const leases = [
    lease("1", "me"),
    lease("2", "me"),
    lease("3", "other"),
    lease("4"),
  ];
  const working = ["1", "2"];
  assertEquals(choose("me", leases, { working }), []);
  assertEquals(choose("me", leases, { working, left: ["4"] }), ["4"]);
  assertEquals(choose("me", leases, { working, left: ["4"], room: 0 }), []);
});

Deno.test("chooseClaims takes expired leases and does not count their holder", () => {
  const leases = [lease("1", "dead"), lease("2", "dead"), lease("3", "me")];
  const claims = choose("me", leases, { expired: ["dead"], working: ["3"] });
  assertEquals(claims.sort(), ["1", "2"]);
});

Deno.test("chooseClaims steals one from the most loaded worker, and none while others are free", () => {
  const taken = ["1", "2", "3", "4"].map((id) => lease(id, "busy"));
  assertEquals(choose("me", [...taken, lease("5", "little")]).length, 1);
  assertEquals(choose("me", [...taken, lease("5")]), ["5"]);
});

Deno.test("chooseClaims converges for any number of workers and leases, to loads that differ by one at most", () => {
  const setting = fc.record({
    workers: fc.integer({ min: 1, max: 8 }),
    owners: fc.array(fc.nat(9), { minLength: 1, maxLength: 40 }),
    first: fc.nat(7),
    seed: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });
  fc.assert(
    fc.property(setting, ({ workers, owners, first, seed }) => {
      const isWorker = (id: string | undefined) =>
        id !== undefined && Number(id) < workers;
      const state = new Map<string, string | undefined>(
        owners.map((
          owner,
          n,
        ) => [`s${n}`, owner === 9 ? undefined : `${owner}`]),
      );
      const load = (worker: string) =>
        [...state.values()].filter((owner) => owner === worker).length;
      const step = (worker: string) => {
        const leases = [...state].map(([id, owner]) => lease(id, owner));
        const { take, ask } = chooseClaims({
          workerId: worker,
          leases,
          isExpired: ({ owner }) => owner !== undefined && !isWorker(owner),
          isResumable: () => true,
          taking: new Set(),
          asked: new Set(),
          room: Infinity,
          isLeftOver: () => false,
          byNumber: false,
          isCalm: false,
          working: new Set(
            leases.filter(({ owner }) => owner === worker).map((l) =>
              l.shardId
            ),
          ),
          random: () => seed,
        });
        const claims = [...take, ...ask];
        for (const { shardId, owner } of claims) {
          if (isWorker(owner) && owner !== worker) {
            // The worker that loses a lease still holds at least as many as the taker afterwards.
            assert(load(owner!) - 1 >= load(worker) + 1);
          }
          state.set(shardId, worker);
        }
        return claims.length;
      };
      for (let n = 0; n < 60 * workers; n++) step(`${(first + n) % workers}`);
      const all = Array.from({ length: workers }, (_, n) => `${n}`);
      assertEquals(all.map(step), all.map(() => 0), "still moving");
      for (const owner of state.values()) assert(isWorker(owner));
      const loads = all.map(load);
      assert(Math.max(...loads) - Math.min(...loads) <= 1, `${loads}`);
    }),
    { numRuns: 200 },
  );
});
