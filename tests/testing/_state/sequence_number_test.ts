import { assert, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { SequenceNumbers } from "../../../testing/_state/sequence_number.ts";

const time = fc.integer({ min: 0, max: 9_999_999_999_999 });
const offset = fc.integer({ min: 1, max: 999_999_999_999 });

Deno.test("SequenceNumbers reads its own numbers, and none of another shard", () => {
  fc.assert(fc.property(time, time, offset, (stamp, at, n) => {
    const numbers = new SequenceNumbers(stamp, 3);
    const text = numbers.write(at, n);
    assertEquals(text.length, 56);
    assert(text.startsWith("495"));
    assertEquals(numbers.read(text), { time: at, offset: n });
    assertEquals(new SequenceNumbers(stamp, 4).read(text), undefined);
    assertEquals(new SequenceNumbers(stamp + 1, 3).read(text), undefined);
  }));
});

Deno.test("SequenceNumbers sort by time, then by offset, between the first and the last of the shard", () => {
  fc.assert(fc.property(time, time, offset, offset, (a, b, m, n) => {
    const numbers = new SequenceNumbers(5, 0);
    const [early, late] = [Math.min(a, b), Math.max(a, b)];
    const first = numbers.write(early, Math.min(m, n));
    const second = numbers.write(late, Math.max(m, n) + 1);
    assert(first < second);
    assert(numbers.first() < first);
    assert(second < numbers.last(late));
    assertLess(BigInt(first), BigInt(second));
    const child = new SequenceNumbers(6, 1);
    assert(numbers.last(late) < child.first());
  }));
});
