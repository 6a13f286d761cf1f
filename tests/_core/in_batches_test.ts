import { assertEquals, assertRejects } from "@std/assert";
import { inBatches } from "../../_core/in_batches.ts";

Deno.test("inBatches does everything, so many at a time, and reports a failure when all have settled", async () => {
  let active = 0;
  let most = 0;
  const done: number[] = [];
  const work = async (n: number) => {
    most = Math.max(most, ++active);
    await Promise.resolve();
    active--;
    if (n === 4) throw new Error("four");
    done.push(n);
  };
  await inBatches([0, 1, 2, 3], 3, work);
  assertEquals([most, done], [3, [0, 1, 2, 3]]);
  await assertRejects(() => inBatches([4, 5, 6, 7], 3, work), Error, "four");
  assertEquals(done, [0, 1, 2, 3, 5, 6]);
});
