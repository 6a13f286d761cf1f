import { assertEquals } from "@std/assert";
import type { Shard } from "@webstreams/kinesis/client";
import { planReshard } from "../../../examples/demo/reshard.ts";

function shard(
  ShardId: string,
  start: number,
  end: number,
  closed = false,
): Shard {
  return {
    ShardId,
    HashKeyRange: { StartingHashKey: `${start}`, EndingHashKey: `${end}` },
    SequenceNumberRange: {
      StartingSequenceNumber: "1",
      EndingSequenceNumber: closed ? "2" : undefined,
    },
  };
}

function idsOf(shards: Shard[]) {
  const { split, merge } = planReshard(shards);
  return { split: split?.ShardId, merge: merge?.map((one) => one.ShardId) };
}

Deno.test("planReshard splits one shard and merges two other neighbours", () => {
  assertEquals(
    idsOf([
      shard("d", 30, 39),
      shard("b", 10, 19),
      shard("a", 0, 9),
      shard("c", 20, 29),
    ]),
    { split: "a", merge: ["b", "c"] },
  );
});

Deno.test("planReshard leaves closed shards alone and compares hash keys as numbers", () => {
  assertEquals(
    idsOf([
      shard("old", 0, 99, true),
      shard("a", 0, 8),
      shard("b", 9, 50),
      shard("c", 51, 99),
    ]),
    { split: "a", merge: ["b", "c"] },
  );
});

Deno.test("planReshard merges nothing when there are no two other neighbours", () => {
  const two = [shard("a", 0, 49), shard("b", 50, 99)];
  assertEquals(idsOf(two), { split: "a", merge: undefined });
  assertEquals(idsOf(two.slice(1)), { split: "b", merge: undefined });
});

Deno.test("planReshard does not split a shard of a single hash key", () => {
  assertEquals(idsOf([shard("a", 7, 7)]), {
    split: undefined,
    merge: undefined,
  });
});
