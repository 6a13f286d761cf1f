import { assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { SharedRead } from "../../../_consumer/leases/shared_read.ts";

function setUp() {
  const settle: { resolve(n: number): void; reject(e: Error): void }[] = [];
  const shared = new SharedRead(() =>
    new Promise<number>((resolve, reject) => settle.push({ resolve, reject }))
  );
  return { settle, shared };
}

const turn = () => delay(0);

Deno.test("SharedRead answers all who ask during a call with one call that starts after it", async () => {
  const { settle, shared } = setUp();
  const first = shared.ask();
  const others = [shared.ask(), shared.ask(), shared.ask()];
  assertEquals(settle.length, 1);
  settle[0]!.resolve(1);
  assertEquals(await first, 1);
  await turn();
  assertEquals(settle.length, 2);
  const late = shared.ask();
  settle[1]!.resolve(2);
  assertEquals(await Promise.all(others), [2, 2, 2]);
  await turn();
  settle[2]!.resolve(3);
  assertEquals(await late, 3);
});

Deno.test("SharedRead starts a new call when none is under way, also after a failure", async () => {
  const { settle, shared } = setUp();
  const first = shared.ask();
  const second = shared.ask();
  settle[0]!.reject(new Error("broken"));
  await assertRejects(() => first, Error, "broken");
  await turn();
  settle[1]!.resolve(2);
  assertEquals(await second, 2);
  const third = shared.ask();
  assertEquals(settle.length, 3);
  settle[2]!.resolve(3);
  assertEquals(await third, 3);
});
