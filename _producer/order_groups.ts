/**
 * Keeping order: a record goes when every record before it in its groups has been settled, so that no retry is overtaken.
 *
 * @module
 */
import { Deque } from "../_core/deque.ts";

/** A record as far as order is concerned. */
export interface Grouped {
  /** The groups it belongs to: none when order does not matter, as a rule one. */
  groups: readonly string[];
  /** Where it stands in the order of packing. */
  readonly seq: number;
  /** Where it stands among those that were packed again out of the same records; compared number by number. */
  readonly place?: readonly number[];
}

/** Compares the places of two records of one group, or of one shard. */
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
  /** Records that went and are not settled: one, or several from before a reshard. */
  active: number;
  waiting: Deque<I> | undefined;
}

/** Who may go, and who waits behind whom. */
export class OrderGroups<I extends Grouped> {
  #groups = new Map<string, Group<I>>();
  #waiting = 0;

  /** How many records wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** A new record, behind all others of its groups. Returns whether it may go now. */
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

  /** A record has been settled. Returns those that may go now. */
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
   * Takes out the records that wait next behind one that may go, as long as they belong to its one group and `take` says so:
   * they go as a part of it.
   */
  takeBehind(item: I, take: (next: I) => boolean): I[] {
    const taken: I[] = [];
    if (item.groups.length !== 1) return taken;
    const { waiting } = this.#groups.get(item.groups[0]!)!;
    for (
      let next = waiting?.peek();
      next?.groups.length === 1 && take(next);
      next = waiting!.peek()
    ) {
      taken.push(waiting!.shift()!);
      this.#waiting--;
    }
    return taken;
  }

  /**
   * A record that had gone is replaced by others, which go before all that wait. Returns those that may go now, of others
   * too if the new ones leave a group empty.
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
   * The groups have changed: `active` records have gone, each of them holds up all its new groups; `queued` ones, which are
   * all others, line up anew. Returns those that may go now.
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

  /** The records that wait, in no order. */
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
