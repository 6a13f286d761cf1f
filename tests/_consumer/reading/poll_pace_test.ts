import { assertEquals } from "@std/assert";
import { PollPace } from "../../../_consumer/reading/poll_pace.ts";

const options = { pollIntervalMs: 1000, maxPollIntervalMs: 10_000 };

/** The interval of each shard after so many empty answers in turn. */
function intervalsOf(shards: number, answers: number): Set<number> {
  const pace = new PollPace(options);
  const joined = Array.from({ length: shards }, () => pace.join());
  let intervals: number[] = [];
  for (let n = 0; n < answers; n++) {
    intervals = joined.map((shard) => shard.intervalAfter(0));
  }
  return new Set(intervals);
}

Deno.test("PollPace reads up to 50 idle shards at the shortest interval", () => {
  assertEquals([...intervalsOf(1, 10)], [1000]);
  assertEquals([...intervalsOf(50, 10)], [1000]);
});

Deno.test("PollPace reads more idle shards 50 times a second all together, and each within the longest interval", () => {
  assertEquals([...intervalsOf(200, 10)], [4000]);
  assertEquals([...intervalsOf(500, 10)], [10_000]);
  assertEquals([...intervalsOf(2000, 10)], [10_000]);
});

Deno.test("PollPace doubles the interval of a shard with each empty answer, and sets it back when records come", () => {
  const pace = new PollPace(options);
  const others = Array.from({ length: 1000 }, () => pace.join());
  for (const other of others) other.intervalAfter(0);
  const shard = pace.join();
  const answers = [5, 0, 0, 0, 0, 0, 0, 3, 0, 0];
  assertEquals(
    answers.map((records) => shard.intervalAfter(records)),
    [1000, 1000, 2000, 4000, 8000, 10_000, 10_000, 1000, 1000, 2000],
  );
});

Deno.test("PollPace shortens the intervals of the idle shards when others get records or leave", () => {
  const pace = new PollPace(options);
  const shards = Array.from({ length: 200 }, () => pace.join());
  for (let n = 0; n < 5; n++) {
    for (const shard of shards) shard.intervalAfter(0);
  }
  for (const shard of shards.slice(0, 100)) shard.intervalAfter(1);
  assertEquals(shards.at(-1)!.intervalAfter(0), 2000);
  for (const shard of shards.slice(0, 150)) shard.wake();
  assertEquals(shards.at(-1)!.intervalAfter(0), 1000);
});
