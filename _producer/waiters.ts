/**
 * Writers that wait for room in the buffer. Each shard has a line of its own, so that a shard
 * without room delays no writer of another shard. A line is served in the order of arrival.
 *
 * @module
 */
import { type Deferred, deferred } from "../_core/deferred.ts";
import { Deque } from "../_core/deque.ts";
import type { Put } from "../records.ts";
import type { Flush } from "./flushes.ts";
import type { PutKeys } from "./options.ts";
import type { Outcome } from "./pending.ts";
import type { ShardRoutes } from "./shard_routes.ts";

/** The name of a line: a shard, or `undefined` if the shard is not known. */
export type LineName = string | undefined;

/** A value that waits. */
export interface Written<T> {
  /** The value. */
  readonly value: T;
  /** Its keys, as far as they can be determined before it is accepted. */
  readonly keys: PutKeys;
  /** Is told how the value ends. */
  readonly outcome: Outcome<T> | undefined;
  /** The serialized value. The caller may change the value while it waits. */
  readonly item: Put<T>["item"];
}

interface Waiter<T> {
  readonly written: Written<T>;
  readonly ticket: number;
  readonly admitted: Deferred<void>;
}

interface WaitingFlush<T> {
  readonly flush: Flush<T>;
  /** The ticket of the last value that was written before the flush. */
  readonly ticket: number;
}

/** Says whether the buffer has room. */
export interface Room {
  /** Whether the first value of a line may be accepted now. */
  hasRoomFor(line: LineName): boolean;
}

/** The lines of waiting writers. */
export class Waiters<T = unknown> {
  readonly #routes: Pick<ShardRoutes, "shardCount" | "shardOf">;
  #lines = new Map<LineName, Deque<Waiter<T>>>();
  readonly #flushes = new Deque<WaitingFlush<T>>();
  #tickets = 0;
  #length = 0;

  /** Starts without lines. `routes` predict the shard of a value. */
  constructor(routes: Pick<ShardRoutes, "shardCount" | "shardOf">) {
    this.#routes = routes;
  }

  /** The number of values in all lines. */
  get length(): number {
    return this.#length;
  }

  /** Whether a value waits in a line. */
  has(line: LineName): boolean {
    return this.#lines.has(line);
  }

  /** The line for a value with these keys. */
  lineOf({ partitionKey, explicitHashKey }: PutKeys): LineName {
    if (this.#routes.shardCount < 2 || partitionKey === undefined) {
      return undefined;
    }
    try {
      return this.#routes.shardOf({ partitionKey, explicitHashKey });
    } catch {
      return undefined; // The keys are invalid: the value is given up when it is accepted.
    }
  }

  /**
   * Joins a line. Resolves when the value is accepted, and rejects when the lines are dissolved.
   */
  join(written: Written<T>, line: LineName): Promise<void> {
    const admitted = deferred<void>();
    this.#push({ written, ticket: ++this.#tickets, admitted }, line);
    this.#length++;
    return admitted.promise;
  }

  /** Removes the value that has waited longest among the first values of lines with room. */
  next(room: Room): Waiter<T> | undefined {
    let oldest: LineName;
    let ticket = Infinity;
    for (const [line, waiters] of this.#lines) {
      const first = waiters.peek()!;
      if (first.ticket < ticket && room.hasRoomFor(line)) {
        ticket = first.ticket;
        oldest = line;
      }
    }
    if (ticket === Infinity) return undefined;
    const waiters = this.#lines.get(oldest)!;
    const waiter = waiters.shift()!;
    if (waiters.length === 0) this.#lines.delete(oldest);
    this.#length--;
    return waiter;
  }

  /** Remembers a flush until all values that wait now are accepted. */
  flushAfterAll(flush: Flush<T>): void {
    this.#flushes.push({ flush, ticket: this.#tickets });
  }

  /** Removes the flushes before which every value is accepted. */
  dueFlushes(): Flush<T>[] {
    if (this.#flushes.length === 0) return [];
    let oldest = Infinity;
    for (const waiters of this.#lines.values()) {
      oldest = Math.min(oldest, waiters.peek()!.ticket);
    }
    const due: Flush<T>[] = [];
    while ((this.#flushes.peek()?.ticket ?? Infinity) < oldest) {
      due.push(this.#flushes.shift()!.flush);
    }
    return due;
  }

  /** Moves every value to the line of its shard after the shards have changed. Keeps the order. */
  rearrange(): void {
    const all = this.#all();
    this.#lines = new Map();
    for (const waiter of all) {
      this.#push(waiter, this.lineOf(waiter.written.keys));
    }
  }

  /** The values in all lines, in the order of arrival. */
  get waiting(): Written<T>[] {
    return this.#all().map(({ written }) => written);
  }

  /** Removes all values. Their promises reject with the reason. */
  dissolve(reason: unknown): void {
    const all = this.#all();
    this.#lines.clear();
    this.#length = 0;
    for (const { admitted } of all) admitted.reject(reason);
  }

  #push(waiter: Waiter<T>, line: LineName): void {
    let waiters = this.#lines.get(line);
    if (!waiters) this.#lines.set(line, waiters = new Deque());
    waiters.push(waiter);
  }

  #all(): Waiter<T>[] {
    const all = [...this.#lines.values()].flatMap((line) => [...line]);
    return all.sort((a, b) => a.ticket - b.ticket);
  }
}
