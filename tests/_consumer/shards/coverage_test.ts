import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { problemsOf } from "../../../_consumer/shards/coverage.ts";
import { CoverageAudit } from "../../../_consumer/shards/coverage_audit.ts";
import { Lineage } from "../../../_consumer/shards/lineage.ts";
import type { Lease } from "../../../checkpoint/mod.ts";
import type { Shard } from "../../../client/mod.ts";
import type { CoverageEvent } from "../../../hooks.ts";
import { FakeClock } from "../../_services/fake_clock.ts";

const TOP = 2n ** 128n;

interface Spec {
  /** Parts of 16 of the key space: from, and up to and without. */
  keys?: [number, number];
  parents?: string[];
  closed?: boolean;
  /** No lease, a finished shard, a lease without or with a living holder. */
  lease?: "none" | "finished" | "free" | "held";
  isListed?: boolean;
}

function viewOf(specs: Record<string, Spec>, gone: string[] = []) {
  const shards: Shard[] = [];
  const leases = new Map<string, Lease>();
  const finished = new Set<string>();
  const held = new Set<string>();
  for (const [shardId, spec] of Object.entries(specs)) {
    const { keys = [0, 16], parents = [], lease = "held" } = spec;
    const [start, end] = keys.map((part) => TOP * BigInt(part) / 16n);
    if (spec.isListed ?? true) {
      shards.push({
        ShardId: shardId,
        ParentShardId: parents[0],
        AdjacentParentShardId: parents[1],
        HashKeyRange: {
          StartingHashKey: String(start),
          EndingHashKey: String(end! - 1n),
        },
        SequenceNumberRange: {
          StartingSequenceNumber: "1",
          EndingSequenceNumber: spec.closed ? "2" : undefined,
        },
      });
    }
    if (lease === "none") continue;
    if (lease === "finished") finished.add(shardId);
    if (lease === "held") held.add(shardId);
    const type = lease === "finished" ? "SHARD_END" : "TRIM_HORIZON";
    leases.set(shardId, {
      streamName: "s",
      shardId,
      counter: 1,
      checkpoint: { type },
      parentShardIds: parents,
    });
  }
  const lineage = new Lineage(shards, leases.values());
  const readable = new Set(
    [...leases.keys()].filter((id) =>
      !finished.has(id) &&
      lineage.isReadable(
        id,
        (it) => finished.has(it),
        (it) => gone.includes(it),
      )
    ),
  );
  return {
    lineage,
    leases,
    readable,
    isRead: (id: string) => held.has(id),
  };
}

/** The problems, with the keys in parts of 16. */
const found = (specs: Record<string, Spec>, gone?: string[]) =>
  problemsOf(viewOf(specs, gone)).map((problem) => {
    const { what, shardIds, startingHashKey, endingHashKey } = problem;
    const from = BigInt(startingHashKey!) * 16n / TOP;
    const to = (BigInt(endingHashKey!) + 1n) * 16n / TOP;
    return [what, ...shardIds, Number(from), Number(to)];
  });

Deno.test("problemsOf finds holes between, before and behind the open shards", () => {
  assertEquals(found({ a: { keys: [0, 8] }, b: { keys: [8, 16] } }), []);
  assertEquals(found({ a: { keys: [2, 6] }, b: { keys: [8, 12] } }), [
    ["unlisted", 0, 2],
    ["unlisted", 6, 8],
    ["unlisted", 12, 16],
  ]);
});

Deno.test("problemsOf finds shards that overlap, also inside of a larger one", () => {
  assertEquals(found({ a: { keys: [0, 9] }, b: { keys: [8, 16] } }), [
    ["overlap", "a", "b", 8, 9],
  ]);
  assertEquals(
    found({ a: {}, b: { keys: [2, 4] }, c: { keys: [6, 8] } }),
    [["overlap", "a", "b", 2, 4], ["overlap", "a", "c", 6, 8]],
  );
});

Deno.test("problemsOf finds shards that no worker reads, and not those that wait for them", () => {
  const children: Record<string, Spec> = {
    b: { keys: [0, 8], parents: ["a"], lease: "free" },
    c: { keys: [8, 16], parents: ["a"], lease: "none" },
  };
  assertEquals(found({ a: { closed: true, lease: "held" }, ...children }), []);
  assertEquals(found({ a: { closed: true, lease: "free" }, ...children }), [
    ["unread", "a", 0, 16],
  ]);
  assertEquals(found({ a: { closed: true, lease: "finished" }, ...children }), [
    ["unread", "b", 0, 8],
    ["unread", "c", 8, 16],
  ]);
});

Deno.test("problemsOf knows parents that are not listed: gone, read by another worker, or hidden", () => {
  const child: Spec = { parents: ["a"], lease: "free" };
  const held: Spec = { parents: ["a"], lease: "held" };
  assertEquals(found({ b: held }, ["a"]), []);
  assertEquals(found({ a: { isListed: false, lease: "held" }, b: child }), []);
  assertEquals(found({ b: child }), [["unread", "b", 0, 16]]);
  // An expired shard that no worker has taken keeps its child from being read.
  assertEquals(found({ a: { isListed: false, lease: "free" }, b: child }), [
    ["unread", "b", 0, 16],
  ]);
});

Deno.test("problemsOf takes a parent for closed when the list names its children, and for open as long as it does not", () => {
  const b: Spec = { keys: [0, 8], parents: ["a"] };
  const c: Spec = { keys: [8, 16], parents: ["a"] };
  // A page from before the split, and one from behind it.
  assertEquals(found({ a: {}, b, c }), []);
  // The children have leases of another worker, whose list is newer.
  const isListed = false;
  assertEquals(
    found({
      a: { closed: true },
      b: { ...b, isListed },
      c: { ...c, isListed },
    }),
    [],
  );
  assertEquals(found({ a: { closed: true }, b }), [["unlisted", 8, 16]]);
});

Deno.test("problemsOf says nothing about keys when the server does not tell them", () => {
  const view = viewOf({ a: { keys: [0, 4] }, b: { lease: "free" } });
  for (const shard of view.lineage.shards.values()) {
    delete (shard as Partial<Shard>).HashKeyRange;
  }
  assertEquals(problemsOf(view), [{ what: "unread", shardIds: ["b"] }]);
});

Deno.test("problemsOf finds nothing wherever in a life of splits and merges it looks", () => {
  const step = fc.record({ isSplit: fc.boolean(), at: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const specs: Record<string, Spec & { keys: [number, number] }> = {
        s0: { keys: [0, 16] },
      };
      for (const { isSplit, at } of steps) {
        const open = Object.entries(specs)
          .filter(([, { closed }]) => !closed)
          .sort(([, x], [, y]) => x.keys[0] - y.keys[0]);
        const n = Object.keys(specs).length;
        const [id, shard] = open[at % open.length]!;
        const [next] = open.slice(at % open.length + 1);
        const [start, end] = shard.keys;
        // Shards wait for their parents, and the parents are being read.
        if (isSplit && end - start > 1) {
          const middle = (start + end) >> 1;
          const lease = "free";
          specs[`s${n}`] = { keys: [start, middle], parents: [id], lease };
          specs[`s${n + 1}`] = { keys: [middle, end], parents: [id], lease };
          shard.closed = true;
        } else if (!isSplit && next) {
          specs[`s${n}`] = {
            keys: [start, next[1].keys[1]],
            parents: [id, next[0]],
            lease: "free",
          };
          shard.closed = next[1].closed = true;
        }
        assertEquals(found(specs), []);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("CoverageAudit tells what lasts for 3 failover times, once, and when it is over", async () => {
  const clock = new FakeClock();
  const reported: CoverageEvent[] = [];
  const audit = new CoverageAudit({
    clock,
    instance: 1,
    failoverTimeMs: 10_000,
    stream: "s",
    hooks: { onCoverage: (event) => void reported.push(event) },
  });
  const bad = viewOf({ a: { keys: [0, 8] } });
  const good = viewOf({ a: {} });
  const looks = async (view: typeof bad, count: number) => {
    for (let n = 0; n < count; n++) {
      audit.look(view);
      await clock.advance(5000);
    }
  };
  assertEquals(audit.coverage, { checked: undefined, problems: [] });
  await looks(bad, 6);
  await looks(good, 1);
  await looks(bad, 6);
  assertEquals(reported, []);
  const since = clock.now() - 30_000;
  await looks(bad, 3);
  assertEquals(reported.length, 1);
  assertEquals(audit.coverage.problems.map((it) => [it.what, it.since.at]), [
    ["unlisted", new Date(since)],
  ]);
  await looks(good, 1);
  assertEquals(reported.map(({ problems }) => problems.length), [1, 0]);
});

Deno.test("CoverageAudit waits for a second look, however late that comes", async () => {
  const clock = new FakeClock();
  const audit = new CoverageAudit({
    clock,
    instance: 1,
    failoverTimeMs: 1000,
    stream: "s",
    hooks: undefined,
  });
  const bad = viewOf({ a: { keys: [0, 8] } });
  audit.look(bad);
  assertEquals(audit.coverage.problems, []);
  await clock.advance(60_000);
  assertEquals(audit.coverage.problems, []);
  audit.look(bad);
  assertEquals(audit.coverage.problems.length, 1);
});
