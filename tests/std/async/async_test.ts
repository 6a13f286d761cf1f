import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { abortable } from "@std/async/abortable";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";

const never = new Promise<never>(() => {});

Deno.test("delay resolves in time, and rejects with the reason of its signal", async () => {
  await delay(0);
  const reason = new Error("enough");
  const controller = new AbortController();
  const waiting = delay(60_000, { signal: controller.signal });
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => waiting), reason);
  const { signal } = controller;
  assertStrictEquals(await assertRejects(() => delay(0, { signal })), reason);
});

Deno.test("delay and deadline take a time without end", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = delay(Infinity, { signal });
  const tick = new Promise<string>((resolve) => setTimeout(resolve, 5, "tick"));
  assertEquals(await Promise.race([waiting, tick]), "tick");
  controller.abort();
  await assertRejects(() => waiting);
  assertEquals(await deadline(Promise.resolve(1), Infinity), 1);
});

Deno.test("deadline passes an outcome on, and rejects with a TimeoutError", async () => {
  assertEquals(await deadline(Promise.resolve(1), 60_000), 1);
  const error = await assertRejects(() => deadline(never, 1), DOMException);
  assertEquals(error.name, "TimeoutError");
  const reason = new Error("enough");
  assertStrictEquals(
    await assertRejects(() =>
      deadline(never, 60_000, { signal: AbortSignal.abort(reason) })
    ),
    reason,
  );
});

Deno.test("abortable passes an outcome on, and rejects when its signal aborts", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  assertEquals(await abortable(Promise.resolve(1), signal), 1);
  const failure = new Error("no");
  assertStrictEquals(
    await assertRejects(() => abortable(Promise.reject(failure), signal)),
    failure,
  );
  const waiting = abortable(never, signal);
  controller.abort(failure);
  assertStrictEquals(await assertRejects(() => waiting), failure);
});
