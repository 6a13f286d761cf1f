import { assertEquals } from "@std/assert";
import { hashKeyOf } from "../../_aws/hash_key.ts";
import { HashRange } from "../../_shards/hash_range.ts";
import { Lineage } from "../../_consumer/shards/lineage.ts";
import { type StrayCandidate, Strays } from "../../_shards/strays.ts";
import type { Shard } from "../../client/mod.ts";

const LAST = 2n ** 128n - 1n;
const QUARTER = 2n ** 126n;

function shard(
  id: string,
  [start, end]: [bigint, bigint],
  ...parents: string[]
) {
  return {
    ShardId: id,
    ParentShardId: parents[0],
    AdjacentParentShardId: parents[1],
    HashKeyRange: {
      StartingHashKey: String(start),
      EndingHashKey: String(end),
    },
    SequenceNumberRange: { StartingSequenceNumber: "1" },
  } satisfies Shard;
}

/** A value whose hash key lies in this quarter (0 to 3) of all hash keys. */
function value(quarter: number, resent?: true): StrayCandidate {
  const explicitHashKey = String(QUARTER * BigInt(quarter) + 7n);
  return { type: "value", partitionKey: "k", explicitHashKey, resent };
}

/**
 * The lower half was split into the quarters 0 and 1. The upper half has expired; of its children
 * only the quarter 2 is listed.
 */
const LINEAGE = new Lineage([
  shard("low", [0n, 2n * QUARTER - 1n]),
  shard("quarter 0", [0n, QUARTER - 1n], "low"),
  shard("quarter 1", [QUARTER, 2n * QUARTER - 1n], "low"),
  shard("quarter 2", [2n * QUARTER, 3n * QUARTER - 1n], "expired"),
]);

function dropped(id: string, items: StrayCandidate[], key = "a"): number[] {
  return [...Strays.of(LINEAGE, id)?.among(items, key) ?? []];
}

Deno.test("Strays drops all of a record that is sent again as a whole when one value lies outside", () => {
  for (const key of ["a", "k"]) {
    const strays = [value(0, true), value(1, true), value(0, true)];
    assertEquals(dropped("quarter 0", strays, key), [0, 1, 2]);
    // The mark is enough: the record need not have been packed for an ancestor of this shard.
    assertEquals(dropped("quarter 2", [value(2, true), value(0, true)], key), [
      0,
      1,
    ]);
    assertEquals(
      dropped("quarter 0", [value(0, true), value(0, true)], key),
      [],
    );
  }
  const damaged = [{ type: "error" } as const, value(1, true)];
  assertEquals(dropped("quarter 0", damaged), [0, 1]);
});

Deno.test("Strays drops the values of a KPL record outside of the shard, and only those", () => {
  assertEquals(dropped("quarter 0", [value(0), value(1), value(0)]), [1]);
  assertEquals(dropped("quarter 1", [value(1), value(0), value(0)]), [1, 2]);
  assertEquals(dropped("quarter 1", [value(1), value(1)]), []);
});

Deno.test("Strays drops nothing of records whose writers may send nothing again", () => {
  // A record of aws-kinesis-agg has the partition key of its first value, not the KPL's "a".
  assertEquals(dropped("quarter 0", [value(0), value(1)], "k"), []);
  // The first value lies outside of the shard, so it did not place the record.
  assertEquals(dropped("quarter 0", [value(1), value(0)]), []);
  // No known ancestor of the shard holds all values.
  assertEquals(dropped("quarter 0", [value(0), value(2)]), []);
  assertEquals(dropped("quarter 2", [value(2), value(3)]), []);
  // In a shard without parents nothing is dropped: its records were placed without regard to keys.
  assertEquals(dropped("low", [value(0, true), value(3, true)]), []);
  assertEquals(dropped("low", [value(0), value(3)]), []);
  // A single value is never dropped: its writer chose the shard.
  assertEquals(dropped("quarter 0", [value(1)]), []);
  assertEquals(dropped("quarter 0", [value(1, true)]), []);
  // The hash key of a damaged value is not known, so nothing is dropped.
  assertEquals(
    dropped("quarter 0", [value(0), value(1), { type: "error" }]),
    [],
  );
  assertEquals(dropped("unknown", [value(0, true), value(1, true)]), []);
});

Deno.test("HashRange holds what hashes into it, to the edges", () => {
  for (let i = 0; i < 300; i++) {
    const partitionKey = `key-${i}`;
    const hash = hashKeyOf(partitionKey);
    const cases: [bigint, bigint, boolean][] = [
      [hash, hash, true],
      [hash - 1n, hash + 1n, true],
      [0n, hash - 1n, false],
      [hash + 1n, LAST, false],
      [0n, LAST, true],
    ];
    for (const [start, end, expected] of cases) {
      const range = new HashRange(shard("s", [start, end]));
      assertEquals(range.holds({ partitionKey }), expected);
      const explicit = { partitionKey: "x", explicitHashKey: String(hash) };
      assertEquals(range.holds(explicit), expected);
    }
  }
  const range = new HashRange(shard("s", [0n, 9n]));
  assertEquals(range.holds({ partitionKey: "x", explicitHashKey: "no" }), true);
});
