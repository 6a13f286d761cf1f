import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  cachedCredentials,
  createCredentials,
  type Credentials,
} from "../../credentials/mod.ts";
import { CredentialsError } from "../../errors.ts";
import { FakeClock } from "./support.ts";

const MINUTE = 60_000;

/** Everything that waits for promises goes on. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A source whose answers the test decides one by one. */
class Source {
  readonly calls: PromiseWithResolvers<Credentials>[] = [];
  readonly provider = (): Promise<Credentials> => {
    const call = Promise.withResolvers<Credentials>();
    this.calls.push(call);
    return call.promise;
  };
  give(name: string, expiration?: number): void {
    this.calls.at(-1)!.resolve(createCredentials({
      accessKeyId: name,
      secretAccessKey: "s",
      expiration: expiration === undefined ? undefined : new Date(expiration),
    }));
  }
  fail(message: string): void {
    this.calls.at(-1)!.reject(new CredentialsError(message));
  }
}

function setUp(): {
  clock: FakeClock;
  source: Source;
  cached: ReturnType<typeof cachedCredentials>;
} {
  const clock = new FakeClock();
  const source = new Source();
  return {
    clock,
    source,
    cached: cachedCredentials(source.provider, { clock }),
  };
}

async function first(
  { clock, source, cached }: ReturnType<typeof setUp>,
  lifetimeMs?: number,
): Promise<void> {
  const waiting = cached();
  source.give("A", lifetimeMs && clock.now() + lifetimeMs);
  assertEquals((await waiting).accessKeyId, "A");
}

Deno.test("cachedCredentials asks once for callers at the same time and after it", async () => {
  const { source, cached } = setUp();
  const waiting = [cached(), cached(), cached()];
  source.give("A");
  const all = await Promise.all(waiting);
  assertStrictEquals(all[0], all[2]);
  assertStrictEquals(await cached(), all[0]);
  assertEquals(source.calls.length, 1);
});

Deno.test("cachedCredentials keeps credentials without expiration for ever", async () => {
  const world = setUp();
  await first(world);
  world.clock.advance(365 * 24 * 60 * MINUTE);
  assertEquals((await world.cached()).accessKeyId, "A");
  assertEquals(world.source.calls.length, 1);
});

Deno.test("cachedCredentials renews when five minutes or less remain, once for all callers, who do not wait for it", async () => {
  const world = setUp();
  const { clock, source, cached } = world;
  await first(world, 60 * MINUTE);
  clock.advance(55 * MINUTE - 1);
  await cached();
  assertEquals(source.calls.length, 1);
  clock.advance(1);
  const waiting = [cached(), cached()];
  assertEquals(source.calls.length, 2);
  const names = (await Promise.all(waiting)).map((c) => c.accessKeyId);
  assertEquals(names, ["A", "A"]);
  source.give("B", clock.now() + 60 * MINUTE);
  await turn();
  assertEquals((await cached()).accessKeyId, "B");
  assertEquals(source.calls.length, 2);
});

Deno.test("cachedCredentials gives the old ones while renewing fails and they are valid, with growing pauses", async () => {
  const world = setUp();
  const { clock, source, cached } = world;
  await first(world, 60 * MINUTE);
  clock.advance(55 * MINUTE);
  const attemptsAt: number[] = [];
  const start = clock.now();
  // Asked every 100 ms for 4 minutes and 50 seconds.
  for (let i = 0; i < 2900; i++) {
    const before = source.calls.length;
    const waiting = cached();
    if (source.calls.length > before) {
      attemptsAt.push((clock.now() - start) / 1000);
      source.fail("STS is down");
      await turn();
    }
    assertEquals((await waiting).accessKeyId, "A");
    clock.advance(100);
  }
  assertEquals(attemptsAt, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  clock.advance(10_000);
  // Expired now: within the pause the last error comes at once.
  await assertRejects(cached, CredentialsError, "STS is down");
  assertEquals(source.calls.length, 11);
  clock.advance(MINUTE);
  const waiting = cached();
  source.give("B", clock.now() + 60 * MINUTE);
  assertEquals((await waiting).accessKeyId, "B");
  assertEquals((await cached()).accessKeyId, "B");
});

Deno.test("cachedCredentials rejects when there were never any, without asking in a hot loop", async () => {
  const { clock, source, cached } = setUp();
  const waiting = assertRejects(cached, CredentialsError, "none");
  source.fail("none");
  await waiting;
  for (let i = 0; i < 100; i++) {
    await assertRejects(cached, CredentialsError, "none");
  }
  assertEquals(source.calls.length, 1);
  clock.advance(1000);
  const again = cached();
  source.give("A");
  assertEquals((await again).accessKeyId, "A");
});

Deno.test("cachedCredentials does not ask in a hot loop when the source itself gives late ones", async () => {
  const world = setUp();
  const { clock, source, cached } = world;
  await first(world, 2 * MINUTE);
  for (let i = 0; i < 100; i++) {
    assertEquals((await cached()).accessKeyId, "A");
  }
  assertEquals(source.calls.length, 1);
  clock.advance(1000);
  assertEquals((await cached()).accessKeyId, "A");
  source.give("B", clock.now() - 1);
  await turn();
  assertEquals((await cached()).accessKeyId, "B");
  assertEquals((await cached()).accessKeyId, "B");
  assertEquals(source.calls.length, 2);
});

Deno.test("cachedCredentials.expire makes the next call renew, and no hot loop if nothing better comes", async () => {
  const world = setUp();
  const { clock, source, cached } = world;
  await first(world, 60 * MINUTE);
  cached.expire();
  const waiting = cached();
  source.give("A", clock.now() + 60 * MINUTE);
  await waiting;
  assertEquals(source.calls.length, 2);
  for (let i = 0; i < 10; i++) {
    cached.expire();
    assertEquals((await cached()).accessKeyId, "A");
  }
  assertEquals(source.calls.length, 2);
  clock.advance(1000);
  const better = cached();
  source.give("B", clock.now() + 60 * MINUTE);
  assertEquals((await better).accessKeyId, "B");
  await cached();
  assertEquals(source.calls.length, 3);
});

Deno.test("cachedCredentials rejects rather than give refused ones when renewing them fails", async () => {
  const world = setUp();
  await first(world, 60 * MINUTE);
  world.cached.expire();
  const waiting = assertRejects(world.cached, CredentialsError, "down");
  world.source.fail("down");
  await waiting;
});

Deno.test("cachedCredentials starts another look-up when a caller could not wait for one", async () => {
  const { source, cached } = setUp();
  const controller = new AbortController();
  const left = assertRejects(
    () => cached({ signal: controller.signal }),
    Error,
    "late",
  );
  controller.abort(new Error("late"));
  await left;
  const waiting = cached();
  assertEquals(source.calls.length, 2);
  source.give("B");
  assertEquals((await waiting).accessKeyId, "B");
  // What comes after the newer answer, is older than it.
  source.calls[0]!.resolve(
    createCredentials({ accessKeyId: "A", secretAccessKey: "s" }),
  );
  await turn();
  assertEquals((await cached()).accessKeyId, "B");
});

Deno.test("cachedCredentials keeps the result of a look-up after all callers have given up waiting", async () => {
  for (const fails of [false, true]) {
    const { source, cached } = setUp();
    const controller = new AbortController();
    const left = assertRejects(() => cached({ signal: controller.signal }));
    controller.abort(new Error("late"));
    await left;
    if (fails) source.fail("down");
    else source.give("A");
    await turn();
    if (fails) await assertRejects(cached, CredentialsError, "down");
    else assertEquals((await cached()).accessKeyId, "A");
    assertEquals(source.calls.length, 1);
  }
});

Deno.test("cachedCredentials waits for a look-up that is under way, although an older one has failed", async () => {
  const { source, cached } = setUp();
  const controller = new AbortController();
  const left = assertRejects(() => cached({ signal: controller.signal }));
  controller.abort(new Error("late"));
  await left;
  const second = cached();
  source.calls[0]!.reject(new CredentialsError("down"));
  await turn();
  const third = cached();
  source.give("B");
  assertEquals((await second).accessKeyId, "B");
  assertEquals((await third).accessKeyId, "B");
  assertEquals(source.calls.length, 2);
});

Deno.test("cachedCredentials gives valid ones while a renewal hangs, and starts another one after a minute", async () => {
  const world = setUp();
  const { clock, source, cached } = world;
  await first(world, 60 * MINUTE);
  clock.advance(56 * MINUTE);
  for (let second = 0; second < 60; second++) {
    assertEquals((await cached()).accessKeyId, "A");
    clock.advance(1000);
  }
  assertEquals(source.calls.length, 2);
  await cached();
  assertEquals(source.calls.length, 3);
  source.give("B", clock.now() + 60 * MINUTE);
  await turn();
  assertEquals((await cached()).accessKeyId, "B");
});

Deno.test("cachedCredentials.expire leaves those alone that were renewed since", async () => {
  const world = setUp();
  const { clock, source, cached } = world;
  await first(world, 60 * MINUTE);
  const old = await cached();
  cached.expire(old);
  const waiting = cached();
  source.give("B", clock.now() + 60 * MINUTE);
  await waiting;
  // Requests that were signed with the old ones are refused one after another.
  for (let i = 0; i < 5; i++) {
    cached.expire(old);
    assertEquals((await cached()).accessKeyId, "B");
  }
  assertEquals(source.calls.length, 2);
});

Deno.test("cachedCredentials pauses as long as it should when the wall clock is set back", async () => {
  const fake = new FakeClock();
  let offset = 0;
  const clock = {
    now: () => fake.now() + offset,
    monotonic: () => fake.now(),
    setTimeout: (callback: () => void, ms: number) =>
      fake.setTimeout(callback, ms),
    clearTimeout: (handle: unknown) => fake.clearTimeout(handle),
  };
  const source = new Source();
  const cached = cachedCredentials(source.provider, { clock });
  const failing = assertRejects(cached, CredentialsError, "down");
  source.fail("down");
  await failing;
  offset = -60 * MINUTE;
  fake.advance(1000);
  const waiting = cached();
  source.give("A");
  assertEquals((await waiting).accessKeyId, "A");
});
