/**
 * The queue between packing and sending. A record that must keep its order waits behind earlier
 * records of its group. All other records are in the lane of their shard.
 *
 * @module
 */
import type { EncodedRecord } from "../records.ts";
import { Backlog, type Load } from "./backlog.ts";
import type { GroupingPolicy } from "./grouping.ts";
import { joined, removeJoinable } from "./joining.ts";
import type { BatchLimits } from "./lane.ts";
import { Lanes } from "./lanes.ts";
import type { ShardRates } from "./options.ts";
import { OrderGroups } from "./order_groups.ts";
import { keysOf, type Outgoing, outgoing, type Queued } from "./outgoing.ts";
import type { Pending, Sending } from "./pending.ts";
import type { ShardRoutes } from "./shard_routes.ts";
import { Unordered } from "./unordered.ts";

/** A record whose values must be packed again before they are sent. */
export interface Unfit<T> {
  /** The record. Its data is of no use any more. */
  readonly item: Outgoing<T>;
  /** The record that the last values of `item` were packed into. */
  readonly last: Outgoing<T>;
}

/** Records that are packed and not settled. */
export class SendQueue<T> {
  readonly #routes: Pick<ShardRoutes, "shardOf" | "version">;
  readonly #grouping: GroupingPolicy;
  readonly #lanes: Lanes<Queued<T>>;
  readonly #groups = new OrderGroups<Queued<T>>();
  /** Records that are neither in a lane nor in a group: sent, or being packed again. */
  readonly #out = new Unordered<Queued<T>>();
  #unfit: Unfit<T>[] = [];
  readonly #backlog = new Backlog();
  /** The `seq` of the record that was packed last. */
  #seq = 0;
  /** Records up to this `seq` are sent without waiting for a full batch. */
  #due = 0;

  /** Starts empty. `rates` limit every shard; see {@linkcode Lanes} for `quantumMs`. */
  constructor(
    options: { rates: ShardRates | undefined; quantumMs: number },
    routes: Pick<ShardRoutes, "commonShards" | "shardOf" | "version">,
    grouping: GroupingPolicy,
  ) {
    this.#routes = routes;
    this.#grouping = grouping;
    this.#lanes = new Lanes(options.rates, options.quantumMs, routes);
  }

  /** Records that may be sent now, as far as their order and the limits are known. */
  get sendableRecords(): number {
    return this.#lanes.sendableRecords;
  }

  /** Bytes of those records. */
  get sendableBytes(): number {
    return this.#lanes.sendableBytes;
  }

  /** Records of shards at their limit. */
  get blockedRecords(): number {
    return this.#lanes.blockedRecords;
  }

  /** Bytes of all records that are not settled. */
  get bytes(): number {
    return this.#backlog.bytes;
  }

  /** Whether some records may still wait for more records to fill a batch. */
  get waitsForMore(): boolean {
    return this.#seq > this.#due;
  }

  /** All records that are not settled, in no particular order. */
  *all(): Generator<Outgoing<T>, void> {
    yield* this.#out;
    yield* this.#lanes;
    yield* this.#groups.waitingItems();
  }

  /** The record that carries each value. */
  sendings(): Map<Pending<T>, Sending> {
    const sendings = new Map<Pending<T>, Sending>();
    for (const item of this.all()) {
      for (const pending of item.record.puts) sendings.set(pending, item);
    }
    return sendings;
  }

  /** Whether a value of a shard fits into a buffer that contains `used` and has room for `most`. */
  hasRoom(shardId: string | undefined, used: Load, most: Load): boolean {
    return this.#backlog.hasRoom(shardId, used, most);
  }

  /** Adds a packed record behind all others of its groups. */
  add(record: EncodedRecord<Pending<T>>): void {
    const seq = ++this.#seq;
    const item = outgoing<T>({
      record,
      version: this.#routes.version,
      seq,
      place: undefined,
      since: seq,
      isFull: false,
    });
    item.shardId = this.#routes.shardOf(record);
    this.#count(item, item.shardId);
    item.groups = this.#grouping.groupsOf(keysOf(item));
    if (this.#groups.enter(item)) this.#enter(item, "back");
  }

  /** All records that were added so far are to be sent without waiting for a full batch. */
  makeDue(): void {
    this.#due = this.#seq;
  }

  /** Whether a record that is due may be sent now. */
  hasDue(now: number): boolean {
    return this.#lanes.hasDue(this.#due, now);
  }

  /** Returns the records of the next request. Each of them must be settled, retried or replaced. */
  nextBatch(limits: BatchLimits, now: number): Outgoing<T>[] {
    const batch = this.#lanes.nextBatch(limits, now);
    for (const item of batch) this.#out.add(item);
    return batch;
  }

  /**
   * Returns the records that may be sent but for a limit and whose oldest value was accepted at
   * `deadline` or earlier. Each of them must be settled.
   */
  nextExpired(deadline: number): Outgoing<T>[] {
    const expired = this.#lanes.removeExpired(deadline);
    for (const item of expired) this.#out.add(item);
    return expired;
  }

  /** Returns the records that must be packed again. Each of them must be replaced. */
  nextUnfit(): Unfit<T>[] {
    const unfit = this.#unfit;
    if (unfit.length > 0) this.#unfit = [];
    return unfit;
  }

  /** Takes a record of a batch back, to be sent before all others of its shard. */
  retry(item: Outgoing<T>): void {
    this.#out.delete(item as Queued<T>);
    this.#enter(item as Queued<T>, "front");
  }

  /**
   * Removes a record of a batch that is stored or given up. The next records of its groups may be
   * sent.
   */
  settle(item: Outgoing<T>): void {
    this.#uncount(item);
    this.#out.delete(item as Queued<T>);
    for (const next of this.#groups.leave(item as Queued<T>)) {
      if (!this.#joins(next)) this.#enter(next, "back");
    }
  }

  /** Replaces a record of a batch, or an unfit one, by `records` with the same values in order. */
  replace(
    { item, last }: Unfit<T>,
    records: readonly EncodedRecord<Pending<T>>[],
  ): void {
    const parts = records.map((record, i) => {
      const isFull = i < records.length - 1;
      const { seq, place = [], since } = item;
      // The last part gets the position of the last value, so that `place` does not get longer each
      // time that it is joined with the records behind it.
      const at = isFull || last === item
        ? { seq, place: [...place, i] }
        : { seq: last.seq, place: last.place };
      const version = this.#routes.version;
      return outgoing<T>({ record, version, ...at, since, isFull }, item);
    });
    this.#uncount(item);
    this.#out.delete(item as Queued<T>);
    for (const part of parts) {
      part.shardId = this.#routes.shardOf(part.record);
      this.#count(part, part.shardId);
      part.groups = this.#groupsOfAll(part);
    }
    const unordered = parts.filter(({ groups }) => groups.length === 0);
    const next = this.#groups.replace(item as Queued<T>, parts);
    for (const part of [...unordered, ...next]) this.#enter(part, "in order");
  }

  /** Milliseconds until a shard at its limit may send again; `undefined` if no shard waits. */
  waitMs(now: number): number | undefined {
    return this.#lanes.waitMs(now);
  }

  /** Lowers the rate of a shard that throttled. Returns the new rate as a part of the full rate. */
  throttle(shardId: string | undefined, now: number): number {
    return this.#lanes.throttle(shardId, now);
  }

  /**
   * Assigns every record to a shard of the new map. A group of the new map starts when the records
   * of the group that were sent under the old map are settled.
   */
  reroute(now: number): void {
    const queued = this.#lanes.clear(now);
    let ready = queued;
    if (this.#grouping.followsShards) {
      for (const item of this.#groups.waitingItems()) queued.push(item);
      for (const item of this.#out) item.groups = this.#groupsOfAll(item);
      for (const item of queued) item.groups = this.#groupsOfAll(item);
      ready = this.#groups.regroup(this.#out, queued);
    }
    for (const item of ready) this.#enter(item, "back");
    this.#recount();
  }

  /** Sets a record aside together with the records behind it that may share one with it. */
  #joins(item: Queued<T>): boolean {
    if (!this.#grouping.joins) return false;
    const behind = removeJoinable(item, this.#groups);
    if (behind.length === 0) return false;
    const all = [item, ...behind];
    for (const one of all) this.#uncount(one);
    const record = joined(all);
    this.#count(record, record.shardId);
    this.#setAside({ item: record, last: behind.at(-1)! });
    return true;
  }

  // A record that was packed under the old map may contain values of several new shards.
  #groupsOfAll(item: Outgoing<T>): readonly string[] {
    const groups = new Set(this.#grouping.groupsOf(keysOf(item)));
    if (!this.#grouping.followsShards) return [...groups];
    for (const put of item.record.puts) {
      for (const group of this.#grouping.groupsOf(put)) groups.add(group);
    }
    return [...groups];
  }

  #enter(item: Queued<T>, where: "front" | "back" | "in order"): void {
    const { record, version } = item;
    if (this.#grouping.isScattered(record, version)) {
      this.#setAside({ item, last: item });
      return;
    }
    if (version !== this.#routes.version) {
      item.shardId = this.#routes.shardOf(record);
    }
    const lane = this.#lanes.of(item.shardId);
    if (where === "in order") lane.addInOrder(item);
    else lane.add(item, where === "front");
  }

  #setAside(unfit: Unfit<T>): void {
    this.#out.add(unfit.item as Queued<T>);
    this.#unfit.push(unfit);
  }

  #count(item: Queued<T>, shardId: string | undefined): void {
    item.load = this.#backlog.add(shardId, item.values, item.size);
  }

  #uncount({ values, size, load }: Outgoing<T>): void {
    this.#backlog.remove(load, values, size);
  }

  #recount(): void {
    this.#backlog.clear();
    for (const item of this.all()) {
      // The `shardId` of a record under way stays: it is the prediction that the answer is compared
      // with.
      this.#count(item as Queued<T>, this.#routes.shardOf(item.record));
    }
  }
}
