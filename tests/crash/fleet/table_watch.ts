/**
 * Looks at the lease table again and again.
 *
 * @module
 */
import { closeIoRedis, openIoRedis } from "../../checkpoint/_redis_fixtures.ts";
import { delay } from "@std/async/delay";
import { type Lease, RedisCheckpointer } from "../../../checkpoint/mod.ts";
import { FLEET_NAME, FLEET_STREAM } from "./job.ts";
import { machineNow } from "./log.ts";
import type { Loads, Still } from "./outcome.ts";

/** How often the table is read, in milliseconds. */
export const SAMPLE_MS = 25;

/** Finds the times in which the rows of shards that may be read do not change. */
export class TableWatch {
  readonly #longerThanMs: number;
  readonly #since = new Map<string, { lease: Lease; from: number }>();
  readonly #stills: Still[] = [];
  #leases: readonly Lease[] = [];

  /** Remembers times that are longer than this, in milliseconds. */
  constructor(longerThanMs: number) {
    this.#longerThanMs = longerThanMs;
  }

  /** The rows as they were seen last. */
  get leases(): readonly Lease[] {
    return this.#leases;
  }

  /** The times that are over. */
  get stills(): readonly Still[] {
    return this.#stills;
  }

  /** The rows at a time. */
  look(leases: readonly Lease[], at: number): void {
    this.#leases = leases;
    const readable = new Set<string>();
    for (const lease of readableOf(leases)) {
      const { shardId, owner, counter } = lease;
      readable.add(shardId);
      const before = this.#since.get(shardId);
      if (
        before && before.lease.owner === owner &&
        before.lease.counter === counter
      ) continue;
      this.#end(shardId, at);
      this.#since.set(shardId, { lease, from: at });
    }
    for (const shardId of [...this.#since.keys()]) {
      if (!readable.has(shardId)) this.#end(shardId, at);
    }
  }

  /** Ends all times, with the last look. */
  end(at: number): void {
    for (const shardId of [...this.#since.keys()]) this.#end(shardId, at);
  }

  #end(shardId: string, to: number): void {
    const before = this.#since.get(shardId);
    if (!before) return;
    this.#since.delete(shardId);
    const { lease: { owner }, from } = before;
    if (to - from > this.#longerThanMs) {
      this.#stills.push({ shardId, owner, from, to });
    }
  }
}

/** The leases of the shards that may be read: their parents are finished, and they are not. */
export function readableOf(leases: readonly Lease[]): Lease[] {
  const unfinished = new Set(
    leases.filter(({ checkpoint }) => checkpoint.type !== "SHARD_END")
      .map(({ shardId }) => shardId),
  );
  return leases.filter(({ shardId, parentShardIds }) =>
    unfinished.has(shardId) && !parentShardIds.some((id) => unfinished.has(id))
  );
}

/** How many shards that may be read each of these workers holds. */
export function loadsOf(
  leases: readonly Lease[],
  workers: readonly string[],
): Loads {
  const loads = Object.fromEntries(workers.map((worker) => [worker, 0]));
  for (const { owner } of readableOf(leases)) {
    if (owner !== undefined && owner in loads) loads[owner]!++;
  }
  return loads;
}

/** The difference between the largest and the smallest load. */
export function spreadOf(loads: Loads): number {
  const counts = Object.values(loads);
  return Math.max(...counts) - Math.min(...counts);
}

/** Reads the table from the store. */
export class TableReader implements AsyncDisposable {
  readonly #redis;
  readonly #checkpointer: RedisCheckpointer;

  /** Connects when it is used. */
  constructor(port: number) {
    // A command that the server may not have got is not sent again: its answer would be late.
    this.#redis = openIoRedis(port, {
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
    });
    const redis = this.#redis;
    this.#checkpointer = new RedisCheckpointer({ redis, name: FLEET_NAME });
  }

  /** Connects. */
  async connect(): Promise<void> {
    await this.#redis.connect();
  }

  /** The leases, or `undefined` while the store is down. */
  async read(): Promise<Lease[] | undefined> {
    try {
      return await this.#checkpointer.list(FLEET_STREAM);
    } catch (error) {
      const { message } = error as Error;
      // Redis answers LOADING until it has read its files.
      if (
        /connection|stream isn't writeable|LOADING|max retries/i.test(message)
      ) {
        return undefined;
      }
      throw error;
    }
  }

  /** Looks until the signal aborts. */
  async watch(watch: TableWatch, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const leases = await this.read();
      if (leases) watch.look(leases, machineNow());
      await delay(SAMPLE_MS);
    }
    watch.end(machineNow());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeIoRedis(this.#redis);
  }
}
