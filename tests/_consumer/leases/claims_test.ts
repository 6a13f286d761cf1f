import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  chooseClaims,
  type ClaimSituation,
} from "../../../_consumer/leases/claims.ts";
import type { Lease } from "../../../checkpoint/mod.ts";
import { Fleet, seeded, zipf } from "./_fleet.ts";

const lease = (shardId: string, owner?: string): Lease => ({
  streamName: "s",
  shardId,
  owner,
  counter: 0,
  checkpoint: { type: "TRIM_HORIZON" },
  parentShardIds: [],
});

const claimsOf = (
  workerId: string,
  leases: Lease[],
  {
    expired = [],
    working = [],
    twin = [],
    asked = [],
    room = Infinity,
    left = [],
  }: {
    expired?: string[];
    working?: string[];
    twin?: string[];
    asked?: string[];
    room?: number;
    left?: string[];
  } = {},
) =>
  chooseClaims({
    workerId,
    leases,
    isExpired: ({ owner }) => expired.includes(owner ?? ""),
    isResumable: ({ shardId }) => !twin.includes(shardId),
    working: new Set(working),
    taking: new Set(),
    asked: new Set(asked),
    room,
    isLeftOver: ({ shardId }) => left.includes(shardId),
    byNumber: false,
    isCalm: false,
    random: () => 0.5,
  });

const choose = (...situation: Parameters<typeof claimsOf>): string[] => {
  const { take, ask } = claimsOf(...situation);
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

Deno.test("chooseClaims asks the most loaded worker for one lease, and none while others are free", () => {
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

/** A lease with a load. */
const loaded = (shardId: string, owner: string | undefined, rate: number) => ({
  ...lease(shardId, owner),
  load: { recordsPerSecond: rate, bytesPerSecond: 1000 * rate },
});

const situation = (
  leases: Lease[],
  more: Partial<ClaimSituation> = {},
): ClaimSituation => ({
  workerId: "me",
  leases,
  isExpired: ({ owner }) => owner === "dead",
  isResumable: () => true,
  working: new Set(
    leases.filter(({ owner }) => owner === "me").map((it) => it.shardId),
  ),
  taking: new Set(),
  asked: new Set(),
  room: Infinity,
  isLeftOver: () => false,
  byNumber: false,
  isCalm: false,
  random: () => 0.5,
  ...more,
});

const idsOf = (leases: readonly Lease[]) => leases.map((it) => it.shardId);

/** Of two workers with two shards each, the other one has a busy shard. */
const BUSY = [
  loaded("1", "other", 1000),
  loaded("2", "other", 100),
  loaded("3", "me", 100),
  loaded("4", "me", 100),
];

Deno.test("chooseClaims asks the worker with the busy shard for a light one, though the numbers are equal", () => {
  assertEquals(idsOf(chooseClaims(situation(BUSY)).ask), ["2"]);
  // The busy worker asks for nothing in return, before and afterwards.
  const swapped = BUSY.map((it) => ({
    ...it,
    owner: it.owner === "me" ? "other" : "me",
  }));
  assertEquals(chooseClaims(situation(swapped)).ask, []);
  const moved = swapped.map((it) =>
    it.shardId === "2" ? { ...it, owner: "other" } : it
  );
  assertEquals(chooseClaims(situation(moved)).ask, []);
});

Deno.test("chooseClaims moves nothing for a load alone in the calm after a move, or beside a worker that counts leases", () => {
  assertEquals(chooseClaims(situation(BUSY, { isCalm: true })).ask, []);
  assertEquals(chooseClaims(situation(BUSY, { byNumber: true })).ask, []);
  // A worker that has two leases less asks in the calm too.
  const fewer = BUSY.slice(0, 2);
  assertEquals(idsOf(chooseClaims(situation(fewer, { isCalm: true })).ask), [
    "2",
  ]);
});

Deno.test("chooseClaims asks for one lease at a time, and counts it as its own", () => {
  const asked = new Set(["2"]);
  const many = [...BUSY, loaded("5", "other", 100), loaded("6", "other", 100)];
  assertEquals(chooseClaims(situation(many, { asked })).ask, []);
  // A lease of a dead worker is taken meanwhile, if it is still missing with the other one.
  const dead = loaded("7", "dead", 100);
  const claims = chooseClaims(situation([...many, dead], { asked }));
  assertEquals(idsOf(claims.take), ["7"]);
  assertEquals(claims.ask, []);
  // The lease that was asked for has a place.
  const full = situation([...many, dead], { asked, room: 1 });
  assertEquals(chooseClaims(full), { take: [], ask: [], isForLoad: false });
});

Deno.test("chooseClaims does not ask for a lease that another worker has asked for, and counts it as that of the other", () => {
  const requested = BUSY.map((it) =>
    it.shardId === "2" ? { ...it, requestedBy: "third" } : it
  );
  assertEquals(chooseClaims(situation(requested)).ask, []);
  // An own request of an earlier run does not count.
  const mine = BUSY.map((it) =>
    it.shardId === "2" ? { ...it, requestedBy: "me" } : it
  );
  assertEquals(idsOf(chooseClaims(situation(mine)).ask), ["2"]);
  const third = [
    loaded("1", "other", 100),
    loaded("2", "other", 100),
    loaded("3", "me", 100),
    loaded("4", "third", 100),
    loaded("5", "other", 100),
  ];
  assertEquals(chooseClaims(situation(third)).ask.length, 1);
  const taken = third.map((it) =>
    it.shardId === "5" ? { ...it, requestedBy: "third" } : it
  );
  assertEquals(chooseClaims(situation(taken)).ask, []);
});

Deno.test("chooseClaims takes the leases of a dead worker although the living ones have the same load", () => {
  const leases = [
    loaded("1", "me", 100),
    loaded("2", "other", 100),
    loaded("3", "dead", 1),
  ];
  assertEquals(idsOf(chooseClaims(situation(leases)).take), ["3"]);
  // And before any other worker is asked.
  const all = [...BUSY, loaded("5", "dead", 1000)];
  const { take, ask } = chooseClaims(situation(all));
  assertEquals([idsOf(take), ask], [["5"], []]);
});

Deno.test("chooseClaims takes an unknown load for the average, and knows the loads of a KCL by their bytes", () => {
  const ofKcl = (shardId: string, owner: string, bytesPerSecond: number) => ({
    ...lease(shardId, owner),
    load: { bytesPerSecond },
  });
  const leases = [
    ofKcl("1", "kcl", 1e6),
    ofKcl("2", "kcl", 1e5),
    loaded("3", "me", 100),
    loaded("4", "me", 100),
  ];
  assertEquals(idsOf(chooseClaims(situation(leases)).ask), ["2"]);
  const unknown = [
    lease("1", "other"),
    lease("2", "other"),
    loaded("3", "me", 100),
  ];
  assertEquals(chooseClaims(situation(unknown)).ask, []);
});

Deno.test("chooseClaims asks a worker that is behind for a shard, though it reads less than the others", () => {
  const behind = (shardId: string) => ({
    ...lease(shardId, "slow"),
    load: {
      recordsPerSecond: 80,
      bytesPerSecond: 80_000,
      millisBehindLatest: 600_000,
    },
  });
  const leases = [
    behind("1"),
    behind("2"),
    behind("3"),
    loaded("4", "me", 100),
    loaded("5", "me", 100),
  ];
  assertEquals(chooseClaims(situation(leases)).ask.length, 1);
});

Deno.test("chooseClaims takes a load that is no number for unknown", () => {
  for (const bytesPerSecond of [NaN, Infinity, -1, "5" as unknown as number]) {
    const damaged = { ...lease("1", "other"), load: { bytesPerSecond } };
    const leases = [damaged, lease("2", "other"), lease("3", "me")];
    assertEquals(chooseClaims(situation(leases)), {
      take: [],
      ask: [],
      isForLoad: false,
    });
    assertEquals(
      chooseClaims(situation([...leases, lease("4", "other")])).ask.length,
      1,
    );
  }
});

/** A fleet in which workers join and die. */
const fleets = fc.record({
  shards: fc.integer({ min: 1, max: 60 }),
  exponent: fc.constantFrom(0, 0.5, 1, 1.5),
  busiest: fc.constantFrom(0, 1, 50, 5000),
  workers: fc.integer({ min: 1, max: 6 }),
  noise: fc.constantFrom(0, 0.1, 0.2),
  measured: fc.boolean(),
  handoffMs: fc.constantFrom(0, 2000, 20_000),
  changes: fc.array(fc.constantFrom("join", "die"), { maxLength: 4 }),
  seed: fc.nat(),
});

const MINUTE_MS = 60_000;

/**
 * Asserts that no single move would make two workers more equal by more than the noise explains. The
 * limit is written here again, in true loads, and not taken from the code.
 */
function assertBalanced({ burdens }: Fleet, noise: number): void {
  for (const heavy of burdens) {
    for (const light of burdens) {
      const smallest = Math.min(...heavy.weights);
      const allowed = (0.2 + 2 * noise) *
        Math.hypot(...heavy.weights, ...light.weights);
      const gap = heavy.total - light.total;
      assert(gap <= smallest + allowed + 1e-6, `${heavy.total} ${light.total}`);
    }
  }
}

Deno.test("chooseClaims leaves no lease free, comes to rest, and does not move leases for noise of 20 %", () => {
  fc.assert(
    fc.property(fleets, (setting) => {
      const random = seeded(setting.seed);
      const { shards, exponent, busiest, workers, changes } = setting;
      const names = Array.from({ length: workers }, (_, n) => `w${n}`);
      const rates = zipf(shards, exponent, busiest, random);
      const fleet = new Fleet({ ...setting, rates, workers: names, random });
      for (const [n, change] of ["none", ...changes].entries()) {
        if (change === "join") fleet.join(names[names.push(`new${n}`) - 1]!);
        else if (change === "die" && names.length > 1) {
          fleet.die(names.shift()!);
        }
        fleet.run(MINUTE_MS / 3);
        assertEquals(fleet.free, 0, "a lease is left free");
        // Each worker asks for at most one lease at each look, or once the last one has come.
        fleet.run(shards * (5000 + setting.handoffMs) + 5 * MINUTE_MS);
        const before = fleet.moves;
        fleet.run(30 * MINUTE_MS);
        const moves = fleet.moves - before;
        assert(moves <= (setting.noise === 0 ? 0 : 8), `${moves} moves`);
      }
      assertBalanced(fleet, setting.noise);
    }),
    { numRuns: 60 },
  );
});

Deno.test("chooseClaims comes to rest beside a worker that counts leases", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(), (shards, seed) => {
      const random = seeded(seed);
      const rates = zipf(shards, 1.5, 1000, random);
      const workers = ["one", "two"];
      const fleet = new Fleet({ rates, workers, noise: 0.2, random });
      fleet.run(5 * MINUTE_MS);
      fleet.join("kcl");
      fleet.run(20 * MINUTE_MS);
      const before = fleet.moves;
      fleet.run(30 * MINUTE_MS);
      assertEquals(fleet.moves - before, 0);
      const counts = fleet.counts;
      assert(Math.max(...counts) - Math.min(...counts) <= 1, `${counts}`);
      // The worker of the KCL ends: load counts again.
      fleet.die("kcl");
      fleet.run(20 * MINUTE_MS);
      assertEquals(fleet.free, 0);
      assertBalanced(fleet, 0.2);
    }),
    { numRuns: 40 },
  );
});

Deno.test("chooseClaims shares equal loads by number: two workers differ by one up to 30 shards of both, and by 3 up to 200", () => {
  for (
    const [shards, workers, most] of [[30, 2, 1], [45, 3, 1], [
      200,
      2,
      3,
    ]] as const
  ) {
    const names = Array.from({ length: workers - 1 }, (_, n) => `w${n}`);
    const rates = Array.from({ length: shards }, () => 100);
    const fleet = new Fleet({ rates, workers: names, random: seeded(shards) });
    fleet.run(MINUTE_MS);
    fleet.join("last");
    fleet.run(30 * MINUTE_MS);
    const counts = fleet.counts;
    assert(Math.max(...counts) - Math.min(...counts) <= most, `${counts}`);
  }
});
