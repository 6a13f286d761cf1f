import { assertEquals, assertRejects } from "@std/assert";
import { SharedCall } from "../../_core/shared_call.ts";
import { FakeClock } from "../_services/fake_clock.ts";

function setUp() {
  const clock = new FakeClock();
  const calls: PromiseWithResolvers<string>[] = [];
  const shared = new SharedCall(() => {
    const call = Promise.withResolvers<string>();
    calls.push(call);
    return call.promise;
  }, clock);
  return { clock, calls, shared };
}

Deno.test("SharedCall makes one call for all who wait at the same time, and another one after it", async () => {
  const { calls, shared } = setUp();
  const waiting = [shared.run(), shared.run(AbortSignal.any([])), shared.run()];
  calls[0]!.resolve("a");
  assertEquals(await Promise.all(waiting), ["a", "a", "a"]);
  const next = shared.run();
  calls[1]!.resolve("b");
  assertEquals([await next, calls.length], ["b", 2]);
});

Deno.test("SharedCall starts another call once a caller could not wait for the first", async () => {
  const { calls, shared } = setUp();
  const impatient = new AbortController();
  const left = assertRejects(() => shared.run(impatient.signal), Error, "late");
  const patient = shared.run();
  impatient.abort(new Error("late"));
  await left;
  const next = shared.run();
  assertEquals(calls.length, 2);
  calls[1]!.resolve("b");
  assertEquals(await next, "b");
  calls[0]!.resolve("a");
  assertEquals(await patient, "a");
});

Deno.test("SharedCall does not share a call that is older than 3 seconds", async () => {
  const { clock, calls, shared } = setUp();
  shared.begin();
  await clock.advance(3000);
  const next = shared.run();
  calls[1]!.resolve("b");
  assertEquals(await next, "b");
  // The old one ends later and does not end what is under way.
  const running = shared.run();
  calls[0]!.resolve("a");
  await clock.advance(0);
  shared.begin();
  assertEquals(calls.length, 3);
  calls[2]!.resolve("c");
  assertEquals(await running, "c");
});

Deno.test("SharedCall begins no call in the minute after the begin of a call that hangs", async () => {
  const { clock, calls, shared } = setUp();
  shared.begin();
  await clock.advance(59_999);
  shared.begin();
  assertEquals(calls.length, 1);
  await clock.advance(1);
  shared.begin();
  assertEquals(calls.length, 2);
});

Deno.test("SharedCall starts another call for those who wait for a call that does not settle in 3 seconds", async () => {
  const { clock, calls, shared } = setUp();
  shared.run(); // In Cloudflare Workers: by a request that ends.
  await clock.advance(1000);
  const waiting = [shared.run(), shared.run()];
  await clock.advance(1999);
  assertEquals(calls.length, 1);
  await clock.advance(1);
  assertEquals(calls.length, 2, "one for both");
  calls[1]!.resolve("b");
  assertEquals(await Promise.all(waiting), ["b", "b"]);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("SharedCall settles with a slow call that settles before the call that was started after it", async () => {
  const { clock, calls, shared } = setUp();
  const first = shared.run();
  const waiting = shared.run();
  await clock.advance(3000);
  assertEquals(calls.length, 2);
  calls[0]!.resolve("a");
  assertEquals([await first, await waiting], ["a", "a"]);
  calls[1]!.resolve("b");
});

Deno.test("SharedCall starts no call for a caller that has given up", async () => {
  const { clock, calls, shared } = setUp();
  shared.begin();
  const impatient = new AbortController();
  const left = assertRejects(() => shared.run(impatient.signal), Error, "late");
  impatient.abort(new Error("late"));
  await left;
  const late = () => shared.run(impatient.signal);
  await assertRejects(late, Error, "late");
  await clock.advance(10_000);
  assertEquals([calls.length, clock.pendingTimers], [1, 0]);
});

Deno.test("SharedCall forgets a failure, also one without a waiting caller", async () => {
  const { clock, calls, shared } = setUp();
  shared.begin();
  calls[0]!.reject(new Error("nobody sees it"));
  await clock.advance(0);
  const failing = assertRejects(() => shared.run(), Error, "no");
  calls[1]!.reject(new Error("no"));
  await failing;
  const sync = new SharedCall(() => {
    throw new Error("at once");
  }, clock);
  await assertRejects(() => sync.run(), Error, "at once");
});
