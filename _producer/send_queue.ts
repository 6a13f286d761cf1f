/**
 * Records that are ready to be sent: a lane for each shard, so that a slow one holds up nobody else, and one record
 * of an ordering group at a time, so that a retry never overtakes.
 *
 * @module
 */
import { Deque } from "../_core/deque.ts";
import type { EncodedRecord } from "../records.ts";
import type { Pending } from "./pending.ts";
import { ShardLimit, type ShardRates } from "./shard_limit.ts";

/** A record on its way. */
export interface Outgoing<T> {
  /** The record with the values inside. */
  readonly record: EncodedRecord<Pending<T>>;
  /** Records of one group are sent one after another; `undefined` when order does not matter. */
  readonly group: string | undefined;
  /** The shard it is predicted to go to; `undefined` while that is not known. */
  shardId: string | undefined;
  /** Requests that carried it so far. */
  attempts: number;
}

interface Lane<T> {
  readonly ready: Deque<Outgoing<T>>;
  readonly limit: ShardLimit | undefined;
  bytes: number;
  /** At its limit when last looked at. */
  blocked: boolean;
}

/** What bounds a batch. */
export interface BatchLimits {
  /** Most records. */
  readonly maxRecords: number;
  /** Most bytes. */
  readonly maxBytes: number;
}

/** The queue between the packer and the requests. */
export class SendQueue<T> {
  readonly #lanes = new Map<string | undefined, Lane<T>>();
  /** Groups with a record in a lane or in flight, with the records that wait behind it. */
  readonly #groups = new Map<string, Deque<Outgoing<T>> | undefined>();
  readonly #rates: ShardRates | undefined;
  readonly #quantumMs: number;
  readonly #route: (record: EncodedRecord) => string | undefined;
  #openRecords = 0;
  #openBytes = 0;
  #blockedRecords = 0;

  /**
   * Makes an empty queue. `rates` limits every shard, `undefined` none; a shard at its limit is served about every
   * `quantumMs` milliseconds, since a request for each single token would drown it. `route` predicts the shard.
   */
  constructor(options: {
    rates: ShardRates | undefined;
    quantumMs: number;
    route: (record: EncodedRecord) => string | undefined;
  }) {
    this.#rates = options.rates;
    this.#quantumMs = options.quantumMs;
    this.#route = options.route;
  }

  /** Records that may go now, as far as order and limits are known. */
  get openRecords(): number {
    return this.#openRecords;
  }

  /** Bytes of those records. */
  get openBytes(): number {
    return this.#openBytes;
  }

  /** Records that wait for a shard at its limit. */
  get blockedRecords(): number {
    return this.#blockedRecords;
  }

  /** Adds a new record behind all others of its group. */
  push(item: Outgoing<T>): void {
    if (item.group !== undefined) {
      if (this.#groups.has(item.group)) {
        let waiting = this.#groups.get(item.group);
        if (!waiting) this.#groups.set(item.group, waiting = new Deque());
        waiting.push(item);
        return;
      }
      this.#groups.set(item.group, undefined);
    }
    this.#enter(item, false);
  }

  /** Puts a record that was not stored back, before all others of its shard. */
  retry(item: Outgoing<T>): void {
    this.#enter(item, true);
  }

  /** A record has been settled: the next of its group may go. */
  settled(item: Outgoing<T>): void {
    if (item.group === undefined) return;
    const next = this.#groups.get(item.group)?.shift();
    if (next) this.#enter(next, false);
    else this.#groups.delete(item.group);
  }

  /** Takes a batch from all shards in turn; empty if nothing may go now. */
  take(limits: BatchLimits, now: number): Outgoing<T>[] {
    const batch: Outgoing<T>[] = [];
    let bytes = 0;
    let turn: Lane<T>[] = [];
    for (const lane of this.#lanes.values()) {
      if (lane.ready.length === 0) continue;
      this.#setBlocked(lane, this.#waitOf(lane, now) > 0);
      if (!lane.blocked) turn.push(lane);
    }
    while (turn.length > 0) {
      const next: Lane<T>[] = [];
      for (const lane of turn) {
        const { size } = lane.ready.peek()!.record;
        const fits = batch.length < limits.maxRecords &&
          (batch.length === 0 || bytes + size <= limits.maxBytes);
        if (!fits) {
          this.#startNextWith(lane);
          return batch;
        }
        if (lane.limit && !lane.limit.take(size)) {
          this.#setBlocked(lane, true);
          continue;
        }
        bytes += size;
        batch.push(this.#shift(lane));
        if (lane.ready.length > 0) next.push(lane);
      }
      turn = next;
    }
    return batch;
  }

  /** Milliseconds until a shard at its limit may go on; `undefined` when none is waiting. */
  nextIn(now: number): number | undefined {
    let next: number | undefined;
    for (const lane of this.#lanes.values()) {
      if (!lane.blocked) continue;
      const wait = this.#waitOf(lane, now);
      if (next === undefined || wait < next) next = wait;
    }
    return next;
  }

  /** The service refused records of a shard for its throughput. */
  throttled(shardId: string | undefined, now: number): void {
    this.#lanes.get(shardId)?.limit?.throttled(now);
  }

  /** The shard map has changed: every record is assigned anew. Returns how many records moved. */
  reroute(): number {
    const lanes = [...this.#lanes.values()];
    const known = new Map(this.#lanes);
    this.#lanes.clear();
    this.#openRecords = this.#openBytes = this.#blockedRecords = 0;
    let moved = 0;
    for (const lane of lanes) {
      for (let item = lane.ready.shift(); item; item = lane.ready.shift()) {
        const before = item.shardId;
        item.shardId = this.#route(item.record);
        if (item.shardId !== before) moved++;
        // What a shard has learned about its rate stays with it.
        this.#laneOf(item.shardId, known.get(item.shardId)?.limit);
        this.#place(item, false);
      }
    }
    return moved;
  }

  #enter(item: Outgoing<T>, front: boolean): void {
    item.shardId = this.#route(item.record);
    this.#place(item, front);
  }

  #place(item: Outgoing<T>, front: boolean): void {
    const lane = this.#laneOf(item.shardId);
    if (front) lane.ready.unshift(item);
    else lane.ready.push(item);
    this.#count(lane, 1, item.record.size);
  }

  #shift(lane: Lane<T>): Outgoing<T> {
    const item = lane.ready.shift()!;
    this.#count(lane, -1, -item.record.size);
    if (lane.ready.length === 0) lane.blocked = false;
    return item;
  }

  #count(lane: Lane<T>, records: number, bytes: number): void {
    lane.bytes += bytes;
    if (lane.blocked) this.#blockedRecords += records;
    else {
      this.#openRecords += records;
      this.#openBytes += bytes;
    }
  }

  #setBlocked(lane: Lane<T>, blocked: boolean): void {
    if (lane.blocked === blocked) return;
    const { bytes, ready: { length } } = lane;
    lane.blocked = blocked;
    this.#openRecords += blocked ? -length : length;
    this.#openBytes += blocked ? -bytes : bytes;
    this.#blockedRecords += blocked ? length : -length;
  }

  #laneOf(shardId: string | undefined, limit?: ShardLimit): Lane<T> {
    let lane = this.#lanes.get(shardId);
    if (!lane) {
      const limited = this.#rates !== undefined && shardId !== undefined;
      lane = {
        ready: new Deque(),
        limit: limited
          ? limit ?? new ShardLimit(this.#rates!, -Infinity)
          : undefined,
        bytes: 0,
        blocked: false,
      };
      this.#lanes.set(shardId, lane);
    }
    return lane;
  }

  #waitOf(lane: Lane<T>, now: number): number {
    if (!lane.limit) return 0;
    const { recordsPerSecond, bytesPerSecond } = this.#rates!;
    const quantum = this.#quantumMs / 1000;
    return lane.limit.waitFor(
      Math.max(1, Math.min(lane.ready.length, recordsPerSecond * quantum)),
      Math.max(1, Math.min(lane.bytes, bytesPerSecond * quantum)),
      now,
    );
  }

  // The batch is full in the middle of a round: that lane is the first of the next one, or it would always lose.
  #startNextWith(first: Lane<T>): void {
    for (const [shardId, lane] of [...this.#lanes]) {
      if (lane === first) return;
      this.#lanes.delete(shardId);
      this.#lanes.set(shardId, lane);
    }
  }
}
