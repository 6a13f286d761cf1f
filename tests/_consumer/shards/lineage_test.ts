import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { Lineage } from "../../../_consumer/shards/lineage.ts";
import { isClosed, parentsOf } from "../../../_shards/shard_facts.ts";
import { shard } from "../../_services/shard.ts";

Deno.test("parentsOf names none, one or two", () => {
  assertEquals(parentsOf(shard("a")), []);
  assertEquals(parentsOf(shard("a", { parents: ["p"] })), ["p"]);
  assertEquals(parentsOf(shard("a", { parents: ["p", "q"] })), ["p", "q"]);
});

Deno.test("isClosed is true for a shard with an ending sequence number", () => {
  assert(isClosed(shard("a", { closed: true })));
  assertFalse(isClosed(shard("a")));
});

Deno.test("Lineage.isReadable wants all parents finished, and proof for those that are not listed", () => {
  const lineage = new Lineage([
    shard("p"),
    shard("q"),
    shard("child", { parents: ["p", "q"] }),
    shard("orphan", { parents: ["gone", "p"] }),
  ]);
  const these = (...ids: string[]) => (id: string) => ids.includes(id);
  const isReadable = (id: string, ...finished: string[]) =>
    lineage.isReadable(id, these(...finished), these("gone", "q"));
  assert(isReadable("p"));
  assertFalse(isReadable("child", "p"));
  assertFalse(isReadable("child", "q"));
  assert(isReadable("child", "p", "q"));
  assertFalse(isReadable("orphan"));
  assert(isReadable("orphan", "p"));
  assertFalse(lineage.isReadable("orphan", these("p"), these()));
  assertEquals(lineage.unknownParentsOf("orphan"), ["gone"]);
});

Deno.test("Lineage.isReadable waits for a parent that has a lease and is not listed", () => {
  const lineage = new Lineage([
    shard("child", { parents: ["unlisted"] }),
    shard("unnamed"),
  ], [
    { shardId: "unlisted", parentShardIds: ["old"] },
    { shardId: "unnamed", parentShardIds: ["unlisted"] },
  ]);
  const never = () => false, always = () => true;
  assertFalse(lineage.isReadable("child", never, always));
  // The lease names a parent that is not listed any more.
  assertFalse(lineage.isReadable("unnamed", never, always));
  assert(lineage.isReadable("child", (id) => id === "unlisted", never));
  assert(lineage.isReadable("unlisted", never, (id) => id === "old"));
  assertEquals(lineage.childrenOf("unlisted"), ["child", "unnamed"]);
  assertEquals(lineage.youngestFirst().flat().map((it) => it.ShardId), [
    "child",
    "unnamed",
  ]);
});

/** Random histories of splits and merges in which some of the oldest shards have expired. */
const histories = fc.record({
  steps: fc.array(fc.record({ split: fc.boolean(), pick: fc.nat() }), {
    maxLength: 40,
  }),
  expired: fc.nat(10),
}).map(({ steps, expired }) => {
  const all = [shard("0"), shard("1")];
  const open = ["0", "1"];
  for (const { split, pick } of steps) {
    if (split || open.length < 2) {
      const [parent] = open.splice(pick % open.length, 1) as [string];
      for (let n = 0; n < 2; n++) {
        open.push(`${all.length}`);
        all.push(shard(`${all.length}`, { parents: [parent] }));
      }
    } else {
      const parents = open.splice(pick % (open.length - 1), 2);
      open.push(`${all.length}`);
      all.push(shard(`${all.length}`, { parents }));
    }
  }
  return all.slice(Math.min(expired, all.length - 1));
});

Deno.test("Lineage.youngestFirst gives each shard once, behind all its children", () => {
  fc.assert(fc.property(histories, (shards) => {
    const generations = new Lineage(shards).youngestFirst();
    const turn = new Map(
      generations.flatMap((generation, n) =>
        generation.map(({ ShardId }) => [ShardId, n] as const)
      ),
    );
    assertEquals(generations.flat().length, shards.length);
    assertEquals(turn.size, shards.length);
    for (const each of shards) {
      for (const parent of parentsOf(each)) {
        const at = turn.get(parent);
        if (at !== undefined) assert(at > turn.get(each.ShardId)!);
      }
    }
  }));
});

Deno.test("Lineage finds ancestors and descendants at any distance", () => {
  fc.assert(
    fc.property(histories, (shards) => {
      const lineage = new Lineage(shards);
      for (const { ShardId: id } of shards) {
        for (const { ShardId: other } of shards) {
          assertEquals(
            lineage.someAncestor(id, (it) => it === other),
            lineage.someDescendant(other, (it) => it === id),
          );
        }
        assertFalse(lineage.someAncestor(id, (it) => it === id));
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("Lineage walks a history of thousands of generations", () => {
  const shards = Array.from(
    { length: 20_000 },
    (_, n) => shard(`${n}`, { parents: n > 0 ? [`${n - 1}`] : [] }),
  );
  const lineage = new Lineage(shards);
  assert(lineage.someDescendant("0", (id) => id === "19999"));
  assertEquals(lineage.youngestFirst().length, 20_000);
});
