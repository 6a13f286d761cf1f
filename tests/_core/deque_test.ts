import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Deque } from "../../_core/deque.ts";

Deno.test("Deque behaves like an array for any sequence of operations", () => {
  const operation = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.constant("push"), fc.integer()) },
    fc.tuple(fc.constant("unshift"), fc.integer()),
    fc.tuple(fc.constant("shift"), fc.constant(0)),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
      const deque = new Deque<number>();
      const model: number[] = [];
      for (const [name, value] of operations) {
        if (name === "shift") assertEquals(deque.shift(), model.shift());
        else if (name === "push") {
          deque.push(value);
          model.push(value);
        } else {
          deque.unshift(value);
          model.unshift(value);
        }
        assertEquals([deque.length, deque.peek()], [model.length, model[0]]);
      }
      assertEquals([...deque], model);
    }),
  );
});

Deno.test("Deque holds undefined as an item like any other", () => {
  const deque = new Deque<undefined>();
  deque.push(undefined);
  assertEquals([deque.length, [...deque]], [1, [undefined]]);
  deque.shift();
  assertEquals([deque.length, deque.shift()], [0, undefined]);
});
