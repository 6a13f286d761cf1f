/**
 * One lane for each shard, so that a slow shard delays no other shard.
 *
 * @module
 */
import { type BatchLimits, Lane, type LaneItem } from "./lane.ts";
import type { ShardRates } from "./options.ts";
import { ShardLimit } from "./shard_limit.ts";
import type { ShardRoutes } from "./shard_routes.ts";

/** An item that a batch can take. */
interface DueItem extends LaneItem {
  /** The `seq` of the oldest record inside. */
  readonly since: number;
  readonly record: {
    readonly puts: readonly { readonly acceptedAt: number }[];
  };
}

/** The rates of all shards together. They follow the number of shards. */
class CommonRates implements ShardRates {
  readonly #rates: ShardRates;
  readonly #routes: Pick<ShardRoutes, "commonShards">;

  constructor(rates: ShardRates, routes: Pick<ShardRoutes, "commonShards">) {
    this.#rates = rates;
    this.#routes = routes;
  }

  get recordsPerSecond(): number {
    return this.#rates.recordsPerSecond * this.#shards;
  }

  get bytesPerSecond(): number {
    return this.#rates.bytesPerSecond * this.#shards;
  }

  // A lane that is about to be removed may ask once more, when shards are predicted again.
  get #shards(): number {
    return Math.max(1, this.#routes.commonShards);
  }
}

/** The records that may be sent as far as their order is concerned. */
export class Lanes<I extends DueItem> {
  readonly #rates: ShardRates | undefined;
  readonly #quantumMs: number;
  readonly #routes: Pick<ShardRoutes, "commonShards">;
  readonly #lanes = new Map<string | undefined, Lane<I>>();
  /** The limit of each shard. It stays when the lane of the shard is removed. */
  #limits = new Map<string, ShardLimit>();
  /** The limit of all shards together, while none is predicted. */
  #commonLimit: ShardLimit | undefined;
  readonly #totals = {
    sendableRecords: 0,
    sendableBytes: 0,
    blockedRecords: 0,
  };

  /**
   * Starts without lanes. `rates` limit every shard. A shard at its limit is served every
   * `quantumMs` milliseconds: a request for each single token would be too many requests. While
   * `routes` predict no shard, all shards together have the sum of their limits.
   */
  constructor(
    rates: ShardRates | undefined,
    quantumMs: number,
    routes: Pick<ShardRoutes, "commonShards">,
  ) {
    this.#rates = rates;
    this.#quantumMs = quantumMs;
    this.#routes = routes;
  }

  /** Records of shards that are not at their limit, as of the last look at the limits. */
  get sendableRecords(): number {
    return this.#totals.sendableRecords;
  }

  /** Bytes of those records. */
  get sendableBytes(): number {
    return this.#totals.sendableBytes;
  }

  /** Records of shards at their limit. */
  get blockedRecords(): number {
    return this.#totals.blockedRecords;
  }

  /** All records, in no order. */
  *[Symbol.iterator](): Generator<I, void> {
    for (const lane of this.#lanes.values()) yield* lane.items();
  }

  /** The lane of a shard. `undefined` is the lane of the records whose shard is not known. */
  of(shardId: string | undefined): Lane<I> {
    let lane = this.#lanes.get(shardId);
    if (!lane) {
      const limit = this.#limitOf(shardId);
      lane = new Lane(limit, this.#quantumMs, this.#totals);
      this.#lanes.set(shardId, lane);
    }
    return lane;
  }

  /** Whether a record may be sent now whose `since` is `due` or less. */
  hasDue(due: number, now: number): boolean {
    for (const lane of this.#lanes.values()) {
      lane.refresh(now);
      if (!lane.blocked && lane.first && lane.first.since <= due) return true;
    }
    return false;
  }

  /** Removes a batch, one record of each shard in turn. Empty if no record may be sent now. */
  nextBatch(limits: BatchLimits, now: number): I[] {
    const batch: I[] = [];
    let bytes = 0;
    let round: Lane<I>[] = [];
    for (const lane of this.#lanes.values()) {
      lane.refresh(now);
      if (lane.first && !lane.blocked) round.push(lane);
    }
    while (round.length > 0) {
      const next: Lane<I>[] = [];
      for (const lane of round) {
        const { size } = lane.first!;
        const fits = batch.length < limits.maxRecords &&
          (batch.length === 0 || bytes + size <= limits.maxBytes);
        if (!fits) {
          this.#startNextWith(lane);
          return batch;
        }
        const item = lane.shiftWithinLimit();
        if (!item) continue;
        bytes += size;
        batch.push(item);
        if (lane.first) next.push(lane);
      }
      round = next;
    }
    return batch;
  }

  /** Removes the records whose oldest value was accepted at `deadline` or earlier. */
  removeExpired(deadline: number): I[] {
    const expired: I[] = [];
    for (const lane of this.#lanes.values()) {
      while (
        lane.first && lane.first.record.puts[0]!.acceptedAt <= deadline
      ) expired.push(lane.shift());
    }
    return expired;
  }

  /** Removes all records and lanes. Limits that have not recovered stay. */
  clear(now: number): I[] {
    const items: I[] = [];
    for (const lane of this.#lanes.values()) {
      while (lane.first) items.push(lane.shift());
    }
    this.#lanes.clear();
    // A limit that has recovered is like a new one. Without this, the limits of closed shards would
    // stay forever.
    this.#limits = new Map(
      [...this.#limits].filter(([, limit]) => !limit.isFull(now)),
    );
    return items;
  }

  /** Milliseconds until a shard at its limit may send again; `undefined` if no shard waits. */
  waitMs(now: number): number | undefined {
    let next: number | undefined;
    for (const lane of this.#lanes.values()) {
      if (!lane.blocked) continue;
      const wait = lane.waitFor(now);
      if (next === undefined || wait < next) next = wait;
    }
    return next;
  }

  /** Lowers the rate of a shard that throttled. Returns the new rate as a part of the full rate. */
  throttle(shardId: string | undefined, now: number): number {
    const limit = shardId === undefined
      ? this.#limitOf(shardId)
      : this.#limits.get(shardId);
    limit?.throttled(now);
    return limit?.factor ?? 1;
  }

  #limitOf(shardId: string | undefined): ShardLimit | undefined {
    const rates = this.#rates;
    if (!rates) return undefined;
    if (shardId === undefined) {
      if (this.#routes.commonShards === 0) return undefined;
      return this.#commonLimit ??= new ShardLimit(
        new CommonRates(rates, this.#routes),
      );
    }
    let limit = this.#limits.get(shardId);
    if (!limit) this.#limits.set(shardId, limit = new ShardLimit(rates));
    return limit;
  }

  // A batch can be full in the middle of a round. The next batch starts with the lane that did not
  // fit, so that the last lanes are not served less than the first ones.
  #startNextWith(first: Lane<I>): void {
    for (const [shardId, lane] of [...this.#lanes]) {
      if (lane === first) return;
      this.#lanes.delete(shardId);
      this.#lanes.set(shardId, lane);
    }
  }
}
