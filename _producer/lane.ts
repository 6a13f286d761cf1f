/**
 * The records of one shard that may be sent as far as their order is concerned, and the shard's
 * limit.
 *
 * @module
 */
import { Deque } from "../_core/deque.ts";
import { type Grouped, inOrder } from "./order_groups.ts";
import type { ShardLimit } from "./shard_limit.ts";

/** The limits of a batch. */
export interface BatchLimits {
  /** The largest number of records. */
  readonly maxRecords: number;
  /** The largest number of bytes. */
  readonly maxBytes: number;
}

/** Sums over all lanes. Each lane updates them. */
export interface LaneTotals {
  /** Records in lanes that are not at their limit. */
  sendableRecords: number;
  /** Bytes in lanes that are not at their limit. */
  sendableBytes: number;
  /** Records in lanes at their limit. */
  blockedRecords: number;
}

/** An item of a {@linkcode Lane}. */
export interface LaneItem extends Grouped {
  /** The size of the record in bytes. */
  readonly size: number;
}

/** A queue of records for one shard. */
export class Lane<I extends LaneItem> {
  readonly #items = new Deque<I>();
  readonly #limit: ShardLimit | undefined;
  readonly #quantumMs: number;
  readonly #totals: LaneTotals;
  #bytes = 0;
  #blocked = false;

  /** Starts empty. Without a limit the lane is never blocked. */
  constructor(
    limit: ShardLimit | undefined,
    quantumMs: number,
    totals: LaneTotals,
  ) {
    this.#limit = limit;
    this.#quantumMs = quantumMs;
    this.#totals = totals;
  }

  /** The record that is sent next. */
  get first(): I | undefined {
    return this.#items.peek();
  }

  /** All records in the order of sending. */
  items(): Iterable<I> {
    return this.#items;
  }

  /** Whether the shard was at its limit at the last look. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Adds a record at the front or at the back. */
  add(item: I, front: boolean): void {
    if (front) this.#items.unshift(item);
    else this.#items.push(item);
    this.#count(1, item.size);
  }

  /** Adds a record near the front, behind the records there that were packed before it. */
  addInOrder(item: I): void {
    const before: I[] = [];
    for (
      let first = this.first;
      first && inOrder(first, item) < 0;
      first = this.first
    ) before.push(this.#items.shift()!);
    this.add(item, true);
    for (const first of before.reverse()) this.#items.unshift(first);
  }

  /** Removes the first record without asking the limit. */
  shift(): I {
    const item = this.#items.shift()!;
    this.#count(-1, -item.size);
    if (this.#items.length === 0) this.#blocked = false;
    return item;
  }

  /** Removes the first record if the limit allows it. */
  shiftWithinLimit(): I | undefined {
    if (this.#limit && !this.#limit.take(this.first!.size)) {
      this.#setBlocked(true);
      return undefined;
    }
    return this.shift();
  }

  /** Looks at the limit. */
  refresh(now: number): void {
    if (this.#limit && this.#items.length > 0) {
      this.#setBlocked(this.waitFor(now) > 0);
    }
  }

  /**
   * Milliseconds until the records of one quantum may be sent, or all records if they are fewer.
   */
  waitFor(now: number): number {
    if (!this.#limit) return 0;
    const { recordsPerSecond, bytesPerSecond } = this.#limit.rates;
    const quantum = this.#quantumMs / 1000;
    return this.#limit.waitFor(
      Math.min(this.#items.length, recordsPerSecond * quantum),
      Math.min(this.#bytes, bytesPerSecond * quantum),
      now,
    );
  }

  #count(records: number, bytes: number): void {
    this.#bytes += bytes;
    if (this.#blocked) this.#totals.blockedRecords += records;
    else {
      this.#totals.sendableRecords += records;
      this.#totals.sendableBytes += bytes;
    }
  }

  #setBlocked(blocked: boolean): void {
    if (this.#blocked === blocked) return;
    this.#blocked = blocked;
    const sign = blocked ? 1 : -1;
    this.#totals.blockedRecords += sign * this.#items.length;
    this.#totals.sendableRecords -= sign * this.#items.length;
    this.#totals.sendableBytes -= sign * this.#bytes;
  }
}
