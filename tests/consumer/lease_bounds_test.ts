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
  watch(inner: Checkpointer, shardId?: string): Checkpointer {
    return new Proxy(inner, {
      get: (_, method: keyof Checkpointer) => async (...args: unknown[]) => {
        const sentAt = this.#world.clock.now();
        const call = inner[method] as (...args: unknown[]) => unknown;
        const answer = await call.apply(inner, args);
        const isWrite = method === "take" || method === "renew" ||
          method === "checkpoint";
        const isMeant = shardId === undefined ||
          (args[0] as Lease).shardId === shardId;
        if (isWrite && isMeant && answer) this.times.push(sentAt);
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
  const first = (worker: string, state: string, after = 0) =>
    log.find((event) =>
      event.worker === worker && event.state === state && event.at >= after
    )?.at;
  return { log, hooksOf, first };
}

for (const isBusy of [false, true]) {
  const how = isBusy ? "busy" : "idle";
  Deno.test(`Consumer takes over the shard of a worker that lost its store between 1 and 2 failover times after its last write, and never before that worker has stopped: ${how}`, async () => {
    // Whenever the store is lost, and wherever the heir is between two looks.
    for (let n = 0; n < 12; n++) {
      const world = new World();
      const inner = new MemoryCheckpointer();
      const writes = new WriteLog(world);
      const cut = new Cut(writes.watch(inner));
      const { hooksOf, first } = events(world);
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
      for (let passed = 0; passed < 20_000 + 370 * n; passed += 370) {
        if (isBusy) await world.put(1);
        await world.pass(370);
      }
      cut.isCut = true;
      const lastWriteAt = writes.times.at(-1)!;
      let oldAtOpening = -1;
      while (first("heir", "opened") === undefined) {
        if (isBusy) await world.put(1);
        await world.pass(100);
        const waitedMs = world.clock.now() - lastWriteAt;
        assert(waitedMs <= 2 * FAILOVER_MS, `not taken after ${waitedMs} ms`);
        if (first("heir", "opened") !== undefined) oldAtOpening = old.length;
      }
      const openedAt = first("heir", "opened")!;
      const lostAt = first("holder", "lost");
      const afterMs = openedAt - lastWriteAt;
      assert(afterMs >= FAILOVER_MS, `taken ${afterMs} ms after a write`);
      assert(afterMs <= 2 * FAILOVER_MS, `taken ${afterMs} ms after a write`);
      assert(
        lostAt !== undefined && lostAt < openedAt,
        `run ${n}: the holder stopped ${lostAt && lostAt - lastWriteAt} ms ` +
          `after its last write, and the heir began after ${afterMs} ms`,
      );
      await world.put(5);
      await world.pass(3000);
      assertEquals(old.length, oldAtOpening);
      cut.isCut = false;
      await world.run(Promise.all([holder.close(), heir.close()]));
      await Promise.all(working);
      assertEquals(world.clock.pendingTimers, 0);
    }
  });
}
