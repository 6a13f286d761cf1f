import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { DueHeap } from "../../../testing/_state/due_heap.ts";

Deno.test("DueHeap returns items in the order of their times, also after retain", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), fc.nat(50), (times, least) => {
      const heap = new DueHeap<number>();
      for (const at of times) heap.push(at, at);
      heap.retain((item, at) => item === at && at >= least);
      const expected = times.filter((at) => at >= least).sort((a, b) => a - b);
      assertEquals(heap.size, expected.length);
      const popped: number[] = [];
      while (heap.size > 0) {
        assertEquals(heap.nextAt, expected[popped.length]);
        popped.push(heap.pop()!);
      }
      assertEquals(popped, expected);
      assertEquals([heap.nextAt, heap.pop()], [Infinity, undefined]);
    }),
  );
});

Deno.test("DueHeap returns items in order while items are added", () => {
  const heap = new DueHeap<string>();
  heap.push(3, "c");
  heap.push(1, "a");
  assertEquals(heap.pop(), "a");
  heap.push(2, "b");
  assertEquals([heap.pop(), heap.pop(), heap.pop()], ["b", "c", undefined]);
});
