/**
 * The bounds on the times of leases, on virtual time: how often a lease is renewed, when a worker
 * gives it up, and when another one takes it.
 */
import { assert, assertEquals } from "@std/assert";
import {
  type Checkpointer,
  type Lease,
  MemoryCheckpointer,
} from "../../checkpoint/mod.ts";
import type { Consumer, ConsumerOptions } from "../../consumer.ts";
import { seededRandom } from "../../testing/_random.ts";
import { Cut } from "./_cut.ts";
import { type Item, STREAM, World } from "./_world.ts";

const FAILOVER_MS = 10_000;

async function work(consumer: Consumer<Item>, into: Item[]): Promise<void> {
  for await (const { value } of consumer) into.push(value);
}

/** The times of the accepted writes of each lease, in the order of the writes. */
class WriteLog {
  readonly #world: World;
  readonly times: number[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** A checkpointer whose accepted writes of a holder are noted. */
  watch(
    inner: Checkpointer,
    isMeant: (shardId: string) => boolean = () => true,
  ): Checkpointer {
    return new Proxy(inner, {
      get: (_, method: keyof Checkpointer) => async (...args: unknown[]) => {
        const sentAt = this.#world.clock.now();
        const call = inner[method] as (...args: unknown[]) => unknown;
        const answer = await call.apply(inner, args);
        const isWrite = method === "take" || method === "renew" ||
          method === "checkpoint";
        if (isWrite && answer && isMeant((args[0] as Lease).shardId)) {
          this.times.push(sentAt);
        }
        return answer;
      },
    });
  }

  /** The longest time between two writes from the first one until now, in milliseconds. */
  get longestPauseMs(): number {
    const times = [...this.times, this.#world.clock.now()];
    return Math.max(...times.slice(1).map((time, n) => time - times[n]!));
  }
}

/** When each state of each shard was reported, and by which worker. */
function events(world: World) {
  const log: { at: number; worker: string; state: string; shardId: string }[] =
    [];
  const hooksOf = (worker: string): ConsumerOptions<Item>["hooks"] => ({
    ...world.hooks,
    onShard: ({ state, shardId }) =>
      void log.push({ at: world.clock.now(), worker, state, shardId }),
  });
  return { log, hooksOf };
}

for (const isBusy of [false, true]) {
  const how = isBusy ? "busy" : "idle";
  Deno.test(`Consumer takes over the shard of a worker that lost its store between 1 and 2 failover times after its last write, and never before that worker has stopped: ${how}`, async () => {
    // Whenever the store is lost, and wherever the heir is between two looks.
    for (let n = 0; n < 12; n++) {
      const world = new World({ shards: 2 });
      const inner = new MemoryCheckpointer();
      const writes = new WriteLog(world);
      let target = "";
      const cut = new Cut(writes.watch(inner, (id) => id === target));
      const { hooksOf, log } = events(world);
      const options = { failoverTimeMs: FAILOVER_MS };
      const holder = world.consumer({
        ...options,
        checkpointer: cut,
        workerId: "holder",
        hooks: hooksOf("holder"),
      });
      const heir = world.consumer({
        ...options,
        checkpointer: inner,
        workerId: "heir",
        hooks: hooksOf("heir"),
      });
      const old: Item[] = [];
      const fresh: Item[] = [];
      const working = [work(holder, old)];
      await world.pass(2000 + 433 * n);
      working.push(work(heir, fresh));
      await world.pass(30_000);
      const leases = await inner.list(STREAM);
      target = leases.find(({ owner }) => owner === "holder")!.shardId;
      for (let passed = 0; passed < 8000 + 370 * n; passed += 370) {
        if (isBusy) await world.put(1, { shardId: target });
        await world.pass(370);
      }
      cut.isCut = true;
      log.length = 0;
      const at = (worker: string, state: string) =>
        log.find((event) =>
          event.worker === worker && event.state === state &&
          event.shardId === target
        )?.at;
      const lastWriteAt = writes.times.at(-1)!;
      let oldAtOpening = -1;
      const split = new Set<string>();
      for (let step = 0; oldAtOpening < 0; step++) {
        if (isBusy) await world.put(1, { shardId: target });
        await world.pass(100);
        const waitedMs = world.clock.now() - lastWriteAt;
        assert(waitedMs <= 2 * FAILOVER_MS, `not taken after ${waitedMs} ms`);
        if (at("heir", "opened") !== undefined) oldAtOpening = old.length;
        // The heir also looks when one of its shards ends, before the failover time is over.
        if (waitedMs > 7500 && waitedMs < FAILOVER_MS && step % 3 === 0) {
          const own = heir.status().shards.find(({ state, shardId }) =>
            state === "caught-up" && !split.has(shardId)
          );
          if (!own) continue;
          split.add(own.shardId);
          world.server.split(STREAM, own.shardId);
        }
      }
      assert(split.size > 1);
      const openedAt = at("heir", "opened")!;
      const lostAt = at("holder", "lost");
      const afterMs = openedAt - lastWriteAt;
      assert(afterMs >= FAILOVER_MS, `taken ${afterMs} ms after a write`);
      assert(afterMs <= 2 * FAILOVER_MS, `taken ${afterMs} ms after a write`);
      assert(
        lostAt !== undefined && lostAt < openedAt &&
          lostAt - lastWriteAt < FAILOVER_MS &&
          lostAt - lastWriteAt > 0.85 * FAILOVER_MS,
        `run ${n}: the holder stopped ${lostAt && lostAt - lastWriteAt} ms ` +
          `after its last write, and the heir began after ${afterMs} ms`,
      );
      await world.put(5, { shardId: target });
      await world.pass(3000);
      assertEquals(old.length, oldAtOpening);
      cut.isCut = false;
      await world.run(Promise.all([holder.close(), heir.close()]));
      await Promise.all(working);
      assertEquals(world.clock.pendingTimers, 0);
    }
  });
}

/** For how long no lease of a stream was written, at most, in milliseconds. */
class Stills {
  readonly #since = new Map<string, { counter: number; at: number }>();
  longestMs = 0;

  look(leases: readonly Lease[], now: number): void {
    for (const { shardId, counter } of leases) {
      const before = this.#since.get(shardId);
      if (before?.counter !== counter) {
        this.#since.set(shardId, { counter, at: now });
      } else this.longestMs = Math.max(this.longestMs, now - before.at);
    }
  }
}

Deno.test("Consumer leaves no shard without a worker for 1.7 failover times, whenever further workers die after the first", async () => {
  // The part of a worker that has just died is seen to be that of a living one, so its part of the
  // free shards is left for it.
  for (const laterMs of [0, 2500, 5000, 9000]) {
    const world = new World({ shards: 12 });
    const inner = new MemoryCheckpointer();
    const random = seededRandom(laterMs);
    const workers = Array.from({ length: 5 }, (_, n) => {
      const cut = new Cut(inner);
      const consumer = world.consumer({
        checkpointer: cut,
        failoverTimeMs: FAILOVER_MS,
        workerId: `worker-${n}`,
        random,
      });
      return { cut, consumer, working: work(consumer, []) };
    });
    await world.pass(30_000);
    const stills = new Stills();
    const passAndLook = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 500) {
        await world.pass(500);
        stills.look(await inner.list(STREAM), world.clock.now());
      }
    };
    await passAndLook(1000);
    for (const { cut } of workers.slice(2)) {
      cut.isCut = true;
      await passAndLook(laterMs);
    }
    await passAndLook(3 * FAILOVER_MS);
    const { longestMs } = stills;
    // Seen after a glance of up to 0.8 seconds, expired after 10, left over after 5 more.
    assert(
      longestMs <= 1.7 * FAILOVER_MS,
      `${longestMs} ms, with ${laterMs} ms between the deaths`,
    );
    for (const { cut } of workers) cut.isCut = false;
    await world.run(
      Promise.all(workers.map(({ consumer }) => consumer.close())),
    );
    await Promise.all(workers.map(({ working }) => working));
  }
});

for (
  const [what, checkpointIntervalMs, everyMs, pauseMs] of [
    ["without values", 1000, Infinity, FAILOVER_MS / 3],
    ["with a value each 5 seconds", 1000, 5000, 0.375 * FAILOVER_MS],
    [
      "whose progress is stored each 4 seconds",
      4000,
      1000,
      0.375 * FAILOVER_MS,
    ],
    ["whose progress is not stored", Infinity, 1000, FAILOVER_MS / 3],
  ] as const
) {
  Deno.test(`Consumer writes the lease of a shard ${what} at least each ${Math.round(pauseMs)} ms`, async () => {
    const world = new World();
    const writes = new WriteLog(world);
    const consumer = world.consumer({
      checkpointer: writes.watch(new MemoryCheckpointer()),
      failoverTimeMs: FAILOVER_MS,
      checkpointIntervalMs,
    });
    const working = work(consumer, []);
    for (let passed = 0; passed < 120_000; passed += 1000) {
      if (passed % everyMs === 0) await world.put(2);
      await world.pass(1000);
    }
    const { longestPauseMs } = writes;
    assert(longestPauseMs <= pauseMs + 1, `${longestPauseMs} ms`);
    await world.run(consumer.close());
    await working;
  });
}

/** What may happen to a renewal. */
const HEARTBEAT_FAULTS = {
  "is refused by the store": () => Promise.reject(new Error("locked")),
  "is never answered": () => new Promise(() => {}),
  "reaches the store, and its answer is lost": async (renew) => {
    await renew();
    throw new Error("connection reset");
  },
  "reaches the store, and is never answered": async (renew) => {
    await renew();
    await new Promise(() => {});
  },
} satisfies Record<string, (renew: () => Promise<unknown>) => Promise<unknown>>;

for (const [fault, fail] of Object.entries(HEARTBEAT_FAULTS)) {
  Deno.test(`Consumer renews a lease again soon after a renewal that ${fault}, and loses no lease although each second one fails`, async () => {
    const world = new World({ shards: 2 });
    const inner = new MemoryCheckpointer();
    const { hooksOf, log } = events(world);
    // A shard that stays with the holder beside a rival, from the time when that is known.
    let target = "";
    const renewedAt: number[] = [];
    const flaky = new Proxy<Checkpointer>(inner, {
      get: (_, method: keyof Checkpointer) => (...args: unknown[]) => {
        const call = () =>
          (inner[method] as (...args: unknown[]) => Promise<unknown>)
            .apply(inner, args);
        if (method !== "renew" || (args[0] as Lease).shardId !== target) {
          return call();
        }
        renewedAt.push(world.clock.now());
        return renewedAt.length % 2 ? fail(call) : call();
      },
    });
    const writes = new WriteLog(world);
    const options = { failoverTimeMs: FAILOVER_MS };
    const holder = world.consumer({
      ...options,
      checkpointer: writes.watch(flaky, (shardId) => shardId === target),
      workerId: "holder",
      hooks: hooksOf("holder"),
    });
    const rival = world.consumer({
      ...options,
      checkpointer: inner,
      workerId: "rival",
      hooks: hooksOf("rival"),
    });
    const working = [work(holder, [])];
    await world.pass(20_000);
    // Takes the other shard.
    working.push(work(rival, []));
    await world.pass(60_000);
    const leases = await inner.list(STREAM);
    target = leases.find(({ owner }) => owner === "holder")!.shardId;
    log.length = 0;
    await world.pass(300_000);
    assertEquals(log, []);
    // A renewal after a third of the failover time, and the next one a sixth later, or after the
    // time limit of a third and the next look.
    assert(renewedAt.length > 60, `${renewedAt.length}`);
    const pauses = renewedAt.slice(1).map((at, n) => at - renewedAt[n]!);
    const leastMs = Math.min(...pauses);
    assert(leastMs >= FAILOVER_MS / 8, `a renewal after ${leastMs} ms`);
    const { longestPauseMs } = writes;
    const isSlow = fault.includes("never");
    const mostMs = FAILOVER_MS * (isSlow ? 0.75 : 0.5) + 1;
    assert(longestPauseMs <= mostMs, `${longestPauseMs} ms`);
    await world.run(Promise.all([holder.close(), rival.close()]));
    await Promise.all(working);
  });
}
