import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { ShardMap } from "../../_producer/shard_map.ts";
import type { Shard } from "../../client/mod.ts";

const LAST = 2n ** 128n - 1n;

function shard(id: string, start: bigint, end: bigint, closed = false): Shard {
  return {
    ShardId: id,
    HashKeyRange: {
      StartingHashKey: String(start),
      EndingHashKey: String(end),
    },
    SequenceNumberRange: {
      StartingSequenceNumber: "1",
      ...closed ? { EndingSequenceNumber: "2" } : {},
    },
  };
}

Deno.test("ShardMap finds the shard of every hash key, whatever the order of the list", () => {
  const hash = fc.bigInt(0n, LAST);
  fc.assert(fc.property(
    fc.uniqueArray(hash, { maxLength: 50 }),
    fc.array(hash, { maxLength: 50 }),
    fc.func(fc.integer()),
    (cuts, keys, order) => {
      const starts = [0n, ...cuts.filter((cut) => cut > 0n)].sort((a, b) =>
        a < b ? -1 : 1
      );
      const shards = starts.map((start, i) =>
        shard(`s${i}`, start, (starts[i + 1] ?? LAST + 1n) - 1n)
      );
      const map = new ShardMap(
        [...shards].sort((a, b) => order(a) - order(b)),
      );
      assertEquals(map.size, shards.length);
      assertEquals(map.shardIds, shards.map(({ ShardId }) => ShardId));
      for (const key of [...keys, ...starts, 0n, LAST]) {
        const expected = shards.find(({ HashKeyRange }) =>
          key >= BigInt(HashKeyRange.StartingHashKey) &&
          key <= BigInt(HashKeyRange.EndingHashKey)
        );
        assertEquals(map.shardOf(key), expected?.ShardId);
      }
    },
  ));
});

Deno.test("ShardMap leaves closed shards out and knows holes", () => {
  const map = new ShardMap([
    shard("closed", 0n, LAST, true),
    shard("low", 0n, 9n),
    shard("high", 20n, LAST),
  ]);
  assertEquals([9n, 10n, 19n, 20n].map((key) => map.shardOf(key)), [
    "low",
    undefined,
    undefined,
    "high",
  ]);
  assertEquals(new ShardMap([]).shardOf(0n), undefined);
});

Deno.test("ShardMap.equals compares where keys go", () => {
  const map = new ShardMap([shard("a", 0n, 9n), shard("b", 10n, LAST)]);
  assert(map.equals(
    new ShardMap([shard("b", 10n, LAST), shard("a", 0n, 9n)]),
  ));
  for (
    const other of [
      [shard("a", 0n, LAST)],
      [shard("a", 0n, 8n), shard("b", 9n, LAST)],
      [shard("a", 0n, 9n), shard("c", 10n, LAST)],
    ]
  ) assertFalse(map.equals(new ShardMap(other)));
});
