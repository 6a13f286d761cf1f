import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { withTimeLimit } from "../../_core/time_limit.ts";
import { FakeClock } from "../_services/fake_clock.ts";

const onTimeout = () => new Error("too late");

Deno.test("withTimeLimit settles as the call does and leaves no timer", async () => {
  const clock = new FakeClock();
  const limit = { ms: 10, onTimeout, clock };
  assertEquals(await withTimeLimit(() => Promise.resolve(1), limit), 1);
  await assertRejects(
    () =>
      withTimeLimit(() => {
        throw new Error("at once");
      }, limit),
    Error,
    "at once",
  );
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("withTimeLimit gives up a call that does not listen", async () => {
  const clock = new FakeClock();
  const call = withTimeLimit(() => new Promise<void>(() => {}), {
    ms: 10,
    onTimeout,
    clock,
  });
  await assertRejects(() => clock.runUntil(call), Error, "too late");
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("withTimeLimit ends with the signal of the caller, and does not begin when that has aborted", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const { signal } = controller;
  const limit = { ms: 10, onTimeout, clock, signal };
  const call = withTimeLimit(() => new Promise<void>(() => {}), limit);
  const reason = new Error("enough");
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => call), reason);
  let begun = false;
  await assertRejects(() =>
    withTimeLimit(() => {
      begun = true;
      return Promise.resolve();
    }, limit)
  );
  assertEquals(begun, false);
  assertEquals(clock.pendingTimers, 0);
});
