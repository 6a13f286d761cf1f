import { assertEquals } from "@std/assert";
import type { Lease } from "../../../checkpoint/mod.ts";
import type { Checkpoint } from "../../../records.ts";
import { loadsOf, readableOf, spreadOf, TableWatch } from "./table_watch.ts";

const START: Checkpoint = { type: "TRIM_HORIZON" };
const END: Checkpoint = { type: "SHARD_END" };

function lease(shardId: string, more: Partial<Lease> = {}): Lease {
  return {
    ...{ streamName: "fleet", shardId, counter: 1, checkpoint: START },
    ...{ parentShardIds: [], ...more },
  };
}

Deno.test("TableWatch finds a row that does not change, with or without an owner", () => {
  const watch = new TableWatch(100);
  const dead = lease("a", { owner: "one", counter: 7 });
  const free = lease("b");
  watch.look([dead, free], 0);
  for (const at of [50, 100, 150]) watch.look([dead, free], at);
  const taken = { ...dead, owner: "two", counter: 8 };
  watch.look([taken, { ...free, counter: 2, owner: "two" }], 200);
  assertEquals(watch.stills, [
    { shardId: "a", owner: "one", from: 0, to: 200 },
    { shardId: "b", owner: undefined, from: 0, to: 200 },
  ]);
});

Deno.test("TableWatch leaves a row alone that is renewed", () => {
  const watch = new TableWatch(100);
  for (let counter = 0; counter < 10; counter++) {
    watch.look([lease("a", { owner: "one", counter })], counter * 90);
  }
  watch.end(900);
  assertEquals(watch.stills, []);
});

Deno.test("TableWatch measures a child from the end of its last parent on, and a parent to its end", () => {
  const watch = new TableWatch(100);
  const child = lease("c", { parentShardIds: ["a", "b"] });
  const [a, b] = [lease("a"), lease("b")];
  const [endA, endB] = [{ ...a, checkpoint: END }, { ...b, checkpoint: END }];
  watch.look([endA, b, child], 0);
  watch.look([endA, endB, child], 150);
  watch.look([endA, endB, child], 400);
  watch.end(500);
  assertEquals(
    watch.stills.map(({ shardId, from, to }) => [shardId, from, to]),
    [
      ["b", 0, 150],
      ["c", 150, 500],
    ],
  );
});

Deno.test("loadsOf counts the shards that may be read, also those of a worker without any", () => {
  const leases = [
    lease("a", { owner: "one", checkpoint: END }),
    lease("b", { owner: "one", parentShardIds: ["a"] }),
    lease("c", { owner: "one", parentShardIds: ["b"] }),
    lease("d", { owner: "two" }),
    lease("e", { owner: "dead" }),
  ];
  assertEquals(readableOf(leases).map(({ shardId }) => shardId), [
    "b",
    "d",
    "e",
  ]);
  const loads = loadsOf(leases, ["one", "two", "three"]);
  assertEquals(loads, { one: 1, two: 1, three: 0 });
  assertEquals(spreadOf(loads), 1);
});
