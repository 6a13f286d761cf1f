/**
 * Records that are ready to be sent: a lane for each shard, so that a slow one holds up nobody else. Those that must keep
 * their order behind others wait outside the lanes.
 *
 * @module
 */
import type { KinesisError } from "../errors.ts";
import type { EncodedRecord, FailedAttempt } from "../records.ts";
import type { Load } from "./backlog.ts";
import { type BatchLimits, Lane } from "./lane.ts";
import { type Grouped, OrderGroups } from "./order_groups.ts";
import type { Pending, Sending } from "./pending.ts";
import { ShardLimit, type ShardRates } from "./shard_limit.ts";
import { type Placed, Unordered } from "./unordered.ts";

/** What chooses the shard of a record. */
export type RecordKeys = Pick<
  EncodedRecord,
  "partitionKey" | "explicitHashKey"
>;

/** A record on its way. */
export interface Outgoing<T> extends Sending, Grouped, Placed {
  /** The record with the values inside. */
  record: EncodedRecord<Pending<T>>;
  /** The version of the shard map under which it was packed. */
  readonly version: number;
  /** The shard it is predicted to go to; `undefined` while that is not known. */
  shardId: string | undefined;
  /** What waits for its shard, itself included. */
  load: Load;
  /** How many values it adds to that. */
  readonly values: number;
  /** The `seq` of the oldest record that it was made of, which decides when it is due. */
  readonly since: number;
  /** Others were packed behind it at the same time: nothing more fits. */
  isFull: boolean;
  /** Requests that carried it so far. */
  attempts: number;
  /** Why the last one of them did not store it. */
  error?: KinesisError;
  /** The last ones that did not store it. */
  history?: FailedAttempt[];
}

/** Records up to this size are packed once more to share one: larger ones are worth a round trip each. */
const SMALL_BYTES = 16_384;
const MOST_JOINED_BYTES = 524_288;
/**
 * Whether a record may gain from sharing one with others; one that was packed so is as large as it gets. What was sent before
 * stays as it is: its attempts are not those of the others.
 */
function isSmall<T>({ record, isFull, attempts }: Outgoing<T>): boolean {
  return !isFull && attempts === 0 && record.size <= SMALL_BYTES;
}

/** What chooses the groups of a record: the keys of a value that is alone in it, since an aggregated record has others. */
function keysOf<T>({ record }: Outgoing<T>): RecordKeys {
  return record.puts.length === 1 ? record.puts[0]! : record;
}

/** How many failed attempts a record remembers. */
const HISTORY_LENGTH = 10;

/** Notes that a request did not store a record. */
export function noteFailure<T>(
  item: Outgoing<T>,
  error: KinesisError,
  at: Date,
): void {
  item.error = error;
  item.history ??= [];
  item.history.push({ at, error });
  if (item.history.length > HISTORY_LENGTH) item.history.shift();
}

/** What a {@linkcode SendQueue} needs to know. */
export interface SendQueueOptions<T> {
  /** Limits every shard; `undefined` limits none. */
  readonly rates: ShardRates | undefined;
  /**
   * A shard at its limit is served about this often, in milliseconds, since a request for each single token would drown
   * it.
   */
  readonly quantumMs: number;
  /** Predicts the shard. */
  readonly route: (item: Outgoing<T>) => string | undefined;
  /** Names the order groups of a record. */
  readonly groupsOf: (keys: RecordKeys) => readonly string[];
  /** Whether the groups depend on the shard map. */
  readonly groupsFollowShards: boolean;
  /**
   * Looks at a record before it goes. `true` says that its values do not belong together any more: it counts as taken, and
   * {@linkcode SendQueue.replace} is called with others in its place.
   */
  readonly takesApart?: (item: Outgoing<T>) => boolean;
  /**
   * Joins a record with those behind it, so that values which pile up during a round trip share the next one. It counts as
   * taken, and {@linkcode SendQueue.replace} is called with others in its place.
   */
  readonly join?: (item: Outgoing<T>, behind: Outgoing<T>[]) => void;
}

/** The queue between the packer and the requests. */
export class SendQueue<T> {
  readonly #options: SendQueueOptions<T>;
  readonly #lanes = new Map<string | undefined, Lane<Outgoing<T>>>();
  /** Outlives the lanes: what was learned about a shard is not forgotten because nothing waits for it. */
  #limits = new Map<string, ShardLimit>();
  readonly #groups = new OrderGroups<Outgoing<T>>();
  /** Taken, and neither settled nor back. */
  readonly #out = new Unordered<Outgoing<T>>();
  readonly #total = { openRecords: 0, openBytes: 0, blockedRecords: 0 };

  /** Makes an empty queue. */
  constructor(options: SendQueueOptions<T>) {
    this.#options = options;
  }

  /** All records, those that were taken too, in no order. */
  *all(): Generator<Outgoing<T>, void> {
    yield* this.#out;
    for (const lane of this.#lanes.values()) yield* lane.items();
    yield* this.#groups.waitingItems();
  }

  /** Records that may go now, as far as order and limits are known. */
  get openRecords(): number {
    return this.#total.openRecords;
  }

  /** Bytes of those records. */
  get openBytes(): number {
    return this.#total.openBytes;
  }

  /** Records that wait for a shard at its limit. */
  get blockedRecords(): number {
    return this.#total.blockedRecords;
  }

  /** Adds a new record behind all others of its groups. */
  push(item: Outgoing<T>): void {
    item.groups = this.#options.groupsOf(keysOf(item));
    if (this.#groups.enter(item)) this.#enter(item, "back");
  }

  /** Puts a record that was not stored back, before all others of its shard. */
  retry(item: Outgoing<T>): void {
    this.#out.delete(item);
    this.#enter(item, "front");
  }

  /** A record that was taken has been settled: the next ones of its groups may go. */
  settled(item: Outgoing<T>): void {
    this.#out.delete(item);
    for (const next of this.#groups.leave(item)) {
      if (!this.#joins(next)) this.#enter(next, "back");
    }
  }

  /** A record that was taken is sent as others, which go before all that were packed after it. */
  replace(item: Outgoing<T>, parts: readonly Outgoing<T>[]): void {
    this.#out.delete(item);
    for (const part of parts) part.groups = this.#groupsOfAll(part);
    const unordered = parts.filter(({ groups }) => groups.length === 0);
    for (const next of [...unordered, ...this.#groups.replace(item, parts)]) {
      this.#enter(next, "in order");
    }
  }

  /** Whether a record may go now that is due: `due` is the `seq` of the last one packed that is. */
  hasDue(due: number, now: number): boolean {
    for (const lane of this.#lanes.values()) {
      lane.refresh(now);
      if (!lane.blocked && lane.first && lane.first.since <= due) return true;
    }
    return false;
  }

  /** Takes a batch from all shards in turn; empty if nothing may go now. */
  take(limits: BatchLimits, now: number): Outgoing<T>[] {
    const batch: Outgoing<T>[] = [];
    let bytes = 0;
    let turn: Lane<Outgoing<T>>[] = [];
    for (const lane of this.#lanes.values()) {
      lane.refresh(now);
      if (lane.first && !lane.blocked) turn.push(lane);
    }
    while (turn.length > 0) {
      const next: Lane<Outgoing<T>>[] = [];
      for (const lane of turn) {
        const { size } = lane.first!.record;
        const fits = batch.length < limits.maxRecords &&
          (batch.length === 0 || bytes + size <= limits.maxBytes);
        if (!fits) {
          this.#startNextWith(lane);
          return batch;
        }
        const item = lane.take();
        if (!item) continue;
        bytes += size;
        this.#out.add(item);
        batch.push(item);
        if (lane.first) next.push(lane);
      }
      turn = next;
    }
    return batch;
  }

  /** Takes the records that were accepted at `deadline` or earlier and could go but for a limit. They need settling. */
  takeExpired(deadline: number): Outgoing<T>[] {
    const expired: Outgoing<T>[] = [];
    for (const lane of this.#lanes.values()) {
      while (
        lane.first && lane.first.record.puts[0]!.acceptedAt <= deadline
      ) {
        const item = lane.shift();
        this.#out.add(item);
        expired.push(item);
      }
    }
    return expired;
  }

  /** Milliseconds until a shard at its limit may go on; `undefined` when none is waiting. */
  nextIn(now: number): number | undefined {
    let next: number | undefined;
    for (const lane of this.#lanes.values()) {
      if (!lane.blocked) continue;
      const wait = lane.waitFor(now);
      if (next === undefined || wait < next) next = wait;
    }
    return next;
  }

  /** The service refused records of a shard for its throughput. Returns what part of the full rate is offered from now on. */
  throttled(shardId: string | undefined, now: number): number {
    if (shardId === undefined) return 1;
    const limit = this.#limits.get(shardId);
    limit?.throttled(now);
    return limit?.factor ?? 1;
  }

  /**
   * The shard map has changed: every record is assigned anew. A group of the new map starts only when the records that
   * went under the old one and belong to it have been settled.
   */
  reroute(now: number): void {
    const queued: Outgoing<T>[] = [];
    for (const lane of this.#lanes.values()) {
      while (lane.first) queued.push(lane.shift());
    }
    this.#lanes.clear();
    // A limit that has recovered is like a new one; else those of closed shards would stay for ever.
    this.#limits = new Map(
      [...this.#limits].filter(([, limit]) => !limit.isFull(now)),
    );
    let ready = queued;
    if (this.#options.groupsFollowShards) {
      for (const item of this.#groups.waitingItems()) queued.push(item);
      for (const item of this.#out) item.groups = this.#groupsOfAll(item);
      for (const item of queued) item.groups = this.#groupsOfAll(item);
      ready = this.#groups.regroup(this.#out, queued);
    }
    for (const item of ready) this.#enter(item, "back");
  }

  #joins(item: Outgoing<T>): boolean {
    const { join } = this.#options;
    if (!join || !isSmall(item)) return false;
    let last = item;
    let bytes = item.record.size;
    const behind = this.#groups.takeBehind(item, (next) => {
      bytes += next.record.size;
      // After a merge of shards a younger record may stand before an older one, and its place is not good for both.
      if (next.seq < last.seq || bytes > MOST_JOINED_BYTES) return false;
      last = next;
      return isSmall(next);
    });
    if (behind.length === 0) return false;
    this.#out.add(item);
    join(item, behind);
    return true;
  }

  // A record that was packed under the old map may hold values of several new shards.
  #groupsOfAll(item: Outgoing<T>): readonly string[] {
    const groups = new Set(this.#options.groupsOf(keysOf(item)));
    if (!this.#options.groupsFollowShards) return [...groups];
    for (const put of item.record.puts) {
      for (const group of this.#options.groupsOf(put)) {
        groups.add(group);
      }
    }
    return [...groups];
  }

  #enter(item: Outgoing<T>, where: "front" | "back" | "in order"): void {
    if (this.#options.takesApart?.(item)) {
      this.#out.add(item);
      return;
    }
    item.shardId = this.#options.route(item);
    const lane = this.#laneOf(item.shardId);
    if (where === "in order") lane.addInOrder(item);
    else lane.add(item, where === "front");
  }

  #laneOf(shardId: string | undefined): Lane<Outgoing<T>> {
    let lane = this.#lanes.get(shardId);
    if (!lane) {
      lane = new Lane(
        this.#limitOf(shardId),
        this.#options.quantumMs,
        this.#total,
      );
      this.#lanes.set(shardId, lane);
    }
    return lane;
  }

  #limitOf(shardId: string | undefined): ShardLimit | undefined {
    const { rates } = this.#options;
    if (!rates || shardId === undefined) return undefined;
    let limit = this.#limits.get(shardId);
    if (!limit) this.#limits.set(shardId, limit = new ShardLimit(rates));
    return limit;
  }

  // The batch is full in the middle of a round: that lane is the first of the next one, or it would always lose.
  #startNextWith(first: Lane<Outgoing<T>>): void {
    for (const [shardId, lane] of [...this.#lanes]) {
      if (lane === first) return;
      this.#lanes.delete(shardId);
      this.#lanes.set(shardId, lane);
    }
  }
}
