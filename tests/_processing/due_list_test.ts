import { assertEquals } from "@std/assert";
import { DueList } from "../../_processing/due_list.ts";
import { FakeClock } from "../_services/fake_clock.ts";

function setUp(ms: number) {
  const clock = new FakeClock();
  const due: string[] = [];
  const list = new DueList<string>(clock, ms, (item) => void due.push(item));
  return { clock, due, list };
}

Deno.test("DueList reports each item when its time is over, with one timer", async () => {
  const { clock, due, list } = setUp(100);
  list.add("a");
  await clock.advance(40);
  list.add("b");
  list.add("c");
  assertEquals(clock.pendingTimers, 1);
  await clock.advance(59);
  assertEquals(due, []);
  await clock.advance(1);
  assertEquals(due, ["a"]);
  assertEquals(clock.pendingTimers, 1);
  await clock.advance(40);
  assertEquals(due, ["a", "b", "c"]);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("DueList does not report an item that was removed, and counts anew when it is added again", async () => {
  const { clock, due, list } = setUp(100);
  list.add("a");
  list.add("b");
  list.delete("a");
  await clock.advance(50);
  list.add("a");
  list.add("b");
  await clock.advance(50);
  assertEquals(due, ["b"]);
  await clock.advance(50);
  assertEquals(due, ["b", "a"]);
});

Deno.test("DueList keeps its timer while it is empty, until it is stopped", async () => {
  const { clock, due, list } = setUp(100);
  list.add("a");
  list.delete("a");
  assertEquals(clock.pendingTimers, 1);
  await clock.advance(100);
  assertEquals([due, clock.pendingTimers], [[], 0]);
  list.add("b");
  list.stop();
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("DueList sets no timer for a time that never comes", () => {
  const { clock, list } = setUp(Infinity);
  list.add("a");
  assertEquals(clock.pendingTimers, 0);
});
