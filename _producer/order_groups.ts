/**
 * Keeps the order of records: a record may be sent when every earlier record of its groups is
 * settled, so that no later record overtakes a retry.
 *
 * @module
 */
import { Deque } from "../_core/deque.ts";

/** What the order of a record depends on. */
export interface Grouped {
  /** The order groups of the record: none if its order does not matter, otherwise mostly one. */
  groups: readonly string[];
  /** The position in the order of packing, from 1. */
  readonly seq: number;
  /**
   * The position among records that were packed again from the same record, compared number by
   * number: record 7 may become 7 [0] and 7 [1], and 7 [1] may become 7 [1, 0] and 7 [1, 1].
   */
  readonly place?: readonly number[] | undefined;
}

/** Compares two records of one group or shard: negative if `a` comes first. */
export function inOrder(a: Grouped, b: Grouped): number {
  if (a.seq !== b.seq) return a.seq - b.seq;
  const [one = [], other = []] = [a.place, b.place];
  for (let i = 0; i < one.length && i < other.length; i++) {
    if (one[i] !== other[i]) return one[i]! - other[i]!;
  }
  return one.length - other.length;
}

const NONE: readonly never[] = [];

interface Group<I> {
  /** Records that may be sent and are not settled: one, or several after a reshard. */
  active: number;
  waiting: Deque<I> | undefined;
}

/** The records that wait for earlier records of their groups. */
export class OrderGroups<I extends Grouped> {
  #groups = new Map<string, Group<I>>();
  #waiting = 0;

  /** The number of records that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Adds a record behind all others of its groups. Returns whether it may be sent now. */
  enter(item: I): boolean {
    if (item.groups.length === 0) return true;
    let first = true;
    for (const name of item.groups) {
      const group = this.#groups.get(name);
      if (!group) this.#groups.set(name, { active: 0, waiting: undefined });
      else if (group.active > 0 || group.waiting?.length) first = false;
    }
    if (first) {
      for (const name of item.groups) this.#groups.get(name)!.active++;
      return true;
    }
    this.#waiting++;
    for (const name of item.groups) {
      (this.#groups.get(name)!.waiting ??= new Deque()).push(item);
    }
    return false;
  }

  /** Removes a record that is settled. Returns the records that may be sent now. */
  leave(item: I): readonly I[] {
    if (item.groups.length === 0) return NONE;
    const next: I[] = [];
    for (const name of item.groups) {
      const group = this.#groups.get(name)!;
      group.active--;
      const first = group.waiting?.peek();
      if (first && this.#start(first)) next.push(first);
      else if (!first && group.active === 0) this.#groups.delete(name);
    }
    return next;
  }

  /**
   * Removes records that wait directly behind a record of one group, as long as `fits` returns
   * true: their values are sent together with its values.
   */
  removeBehind(item: I, fits: (next: I) => boolean): I[] {
    const removed: I[] = [];
    if (item.groups.length !== 1) return removed;
    const { waiting } = this.#groups.get(item.groups[0]!)!;
    for (
      let next = waiting?.peek();
      next?.groups.length === 1 && fits(next);
      next = waiting!.peek()
    ) {
      removed.push(waiting!.shift()!);
      this.#waiting--;
    }
    return removed;
  }

  /**
   * Replaces an unsettled record by others, which come before all records that wait. Returns the
   * records that may be sent now. If the new records leave a group without a record, these include
   * records of that group.
   */
  replace(item: I, parts: readonly I[]): readonly I[] {
    for (let i = parts.length - 1; i >= 0; i--) {
      const part = parts[i]!;
      if (part.groups.length > 0) this.#waiting++;
      for (const name of part.groups) {
        (this.#groups.get(name)!.waiting ??= new Deque()).unshift(part);
      }
    }
    return this.leave(item);
  }

  /**
   * Builds the groups anew after the groups of records have changed. `active` records are under way
   * and hold up all of their new groups. `queued` are all other records. Returns the records that
   * may be sent now.
   */
  regroup(active: Iterable<I>, queued: I[]): I[] {
    this.#groups = new Map();
    this.#waiting = 0;
    for (const item of active) {
      for (const name of item.groups) {
        const group = this.#groups.get(name);
        if (group) group.active++;
        else this.#groups.set(name, { active: 1, waiting: undefined });
      }
    }
    queued.sort(inOrder);
    return queued.filter((item) => this.enter(item));
  }

  /** The records that wait, in no particular order. */
  waitingItems(): Set<I> {
    const items = new Set<I>();
    for (const { waiting } of this.#groups.values()) {
      if (waiting) { for (const item of waiting) items.add(item); }
    }
    return items;
  }

  #start(item: I): boolean {
    for (const name of item.groups) {
      const { active, waiting } = this.#groups.get(name)!;
      if (active > 0 || waiting!.peek() !== item) return false;
    }
    for (const name of item.groups) {
      const group = this.#groups.get(name)!;
      group.waiting!.shift();
      group.active++;
    }
    this.#waiting--;
    return true;
  }
}
