import { assertEquals } from "@std/assert";
import { ShardTable } from "../../../examples/demo/shard_table.ts";
import {
  count,
  progressLine,
  shardNumber,
} from "../../../examples/demo/progress.ts";

Deno.test("progressLine shows rates since the look before and totals since the start", () => {
  const before = { written: 1000, bytesIn: 1e6, read: 0, bytesOut: 0 };
  const now = {
    total: 10_000,
    written: 5000,
    bytesIn: 3e6,
    read: 3000,
    arrived: 2500,
    bytesOut: 1e6,
    shards: ["0: 10%", "1: done"],
  };
  assertEquals(
    progressLine(now, before, 2),
    "in 50% 2 000 rec/s, 1.0 MB/s | out 25% 1 500 rec/s, 0.5 MB/s | 0: 10%  1: done",
  );
});

Deno.test("count sets thousands apart", () => {
  assertEquals([0, 999, 1000, 1234567.4].map(count), [
    "0",
    "999",
    "1 000",
    "1 234 567",
  ]);
});

Deno.test("shardNumber keeps the number alone", () => {
  assertEquals(shardNumber("shardId-000000000000"), "0");
  assertEquals(shardNumber("shardId-000000000120"), "120");
});

Deno.test("ShardTable counts first and further arrivals by shard", () => {
  const table = new ShardTable(4);
  table.update([
    {
      stream: "flights",
      shardId: "shardId-000000000000",
      parentShardIds: [],
      state: "finished",
    },
    {
      stream: "flights",
      shardId: "shardId-000000000001",
      parentShardIds: ["shardId-000000000000"],
      state: "reading",
    },
  ]);
  table.arrive("shardId-000000000000", 0, true);
  table.arrive("shardId-000000000000", 0, false);
  table.arrive("shardId-000000000001", 2, true);
  assertEquals(table.positions(), ["0: done", "1: 75%"]);
  assertEquals(table.isSettled, false);
  assertEquals(table.lines(), [
    "shard                 parents  records  again  up to  state",
    "shardId-000000000000  -              1      1    25%  finished",
    "shardId-000000000001  0              1      0    75%  reading",
    "all                                  2      1",
  ]);
});
