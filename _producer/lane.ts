/**
 * The records of one shard that may go as far as order is concerned, and the limit of that shard.
 *
 * @module
 */
import { Deque } from "../_core/deque.ts";
import { type Grouped, inOrder } from "./order_groups.ts";
import type { ShardLimit } from "./shard_limit.ts";

/** What bounds a batch. */
export interface BatchLimits {
  /** Most records. */
  readonly maxRecords: number;
  /** Most bytes. */
  readonly maxBytes: number;
}

/** Sums over all lanes, which each lane keeps up to date. */
export interface LaneTotals {
  /** Records in lanes that are not at their limit. */
  openRecords: number;
  /** Bytes in lanes that are not at their limit. */
  openBytes: number;
  /** Records in lanes at their limit. */
  blockedRecords: number;
}

/** A queue of records for one shard. */
export class Lane<
  I extends Grouped & { readonly record: { readonly size: number } },
> {
  readonly #items = new Deque<I>();
  readonly #limit: ShardLimit | undefined;
  readonly #quantumMs: number;
  readonly #totals: LaneTotals;
  #bytes = 0;
  #blocked = false;

  /** Makes an empty lane; without a limit it is never blocked. */
  constructor(
    limit: ShardLimit | undefined,
    quantumMs: number,
    totals: LaneTotals,
  ) {
    this.#limit = limit;
    this.#quantumMs = quantumMs;
    this.#totals = totals;
  }

  /** The record that goes next. */
  get first(): I | undefined {
    return this.#items.peek();
  }

  /** All records, from the one that goes next. */
  items(): Iterable<I> {
    return this.#items;
  }

  /** Whether the shard was at its limit when last looked at. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Adds a record, behind all others or in front of them. */
  add(item: I, front: boolean): void {
    if (front) this.#items.unshift(item);
    else this.#items.push(item);
    this.#count(1, item.record.size);
  }

  /** Adds a record at the front, behind those there that were packed before it. */
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

  /** Takes the first record, whatever the limit says. */
  shift(): I {
    const item = this.#items.shift()!;
    this.#count(-1, -item.record.size);
    if (this.#items.length === 0) this.#blocked = false;
    return item;
  }

  /** Takes the first record if the limit allows it. */
  take(): I | undefined {
    if (this.#limit && !this.#limit.take(this.first!.record.size)) {
      this.#setBlocked(true);
      return undefined;
    }
    return this.shift();
  }

  /** Looks at the limit again. */
  refresh(now: number): void {
    if (this.#limit && this.#items.length > 0) {
      this.#setBlocked(this.waitFor(now) > 0);
    }
  }

  /** Milliseconds until a quantum may go, or everything if that is less. */
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
      this.#totals.openRecords += records;
      this.#totals.openBytes += bytes;
    }
  }

  #setBlocked(blocked: boolean): void {
    if (this.#blocked === blocked) return;
    this.#blocked = blocked;
    const sign = blocked ? 1 : -1;
    this.#totals.blockedRecords += sign * this.#items.length;
    this.#totals.openRecords -= sign * this.#items.length;
    this.#totals.openBytes -= sign * this.#bytes;
  }
}
