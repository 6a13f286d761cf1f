/**
 * Writers that wait for room in the buffer: in one line for each shard, so that a shard whose share is used up holds up
 * nobody else. In a line, `put` and the stream are served first come, first served.
 *
 * @module
 */
import { type Deferred, deferred } from "../_core/deferred.ts";
import { Deque } from "../_core/deque.ts";

/** A shard, or `undefined` where it is not known. */
export type LineName = string | undefined;

interface Waiter<W> {
  readonly what: W;
  readonly ticket: number;
  readonly admitted: Deferred<void>;
}

interface Watch {
  readonly ticket: number;
  readonly then: () => void;
}

/** The lines of writers; `W` is what they want to write. */
export class Waiters<W> {
  #lines = new Map<LineName, Deque<Waiter<W>>>();
  readonly #watches = new Deque<Watch>();
  #tickets = 0;
  #length = 0;

  /** How many wait, in all lines. */
  get length(): number {
    return this.#length;
  }

  /** Whether somebody waits in a line. */
  has(line: LineName): boolean {
    return this.#lines.has(line);
  }

  /** Joins a line. The promise resolves on admission, or rejects when the lines are dissolved. */
  wait(what: W, line: LineName): Promise<void> {
    const admitted = deferred<void>();
    this.#join({ what, ticket: ++this.#tickets, admitted }, line);
    this.#length++;
    return admitted.promise;
  }

  /** Calls back when all who wait now have been admitted; at once if nobody does, never if the lines are dissolved. */
  afterAll(then: () => void): void {
    if (this.#length === 0) then();
    else this.#watches.push({ ticket: this.#tickets, then });
  }

  /** Lets in whoever has waited longest of those whose line has room, for as long as there is room. */
  admit(hasRoom: (line: LineName) => boolean, admit: (what: W) => void): void {
    while (this.#length > 0) {
      let oldest: LineName;
      let ticket = Infinity;
      for (const [line, waiters] of this.#lines) {
        const first = waiters.peek()!;
        if (first.ticket < ticket && hasRoom(line)) {
          ticket = first.ticket;
          oldest = line;
        }
      }
      if (ticket === Infinity) break;
      const waiters = this.#lines.get(oldest)!;
      const { what, admitted } = waiters.shift()!;
      if (waiters.length === 0) this.#lines.delete(oldest);
      this.#length--;
      admit(what);
      admitted.resolve();
    }
    this.#callWatches();
  }

  /** The shards have changed: everybody joins the line that is named now, in the old order. */
  rearrange(lineOf: (what: W) => LineName): void {
    const all = this.#all();
    this.#lines = new Map();
    for (const waiter of all) this.#join(waiter, lineOf(waiter.what));
  }

  /** What those in the lines want to write, in the order in which they came. */
  get waiting(): W[] {
    return this.#all().map(({ what }) => what);
  }

  /** Sends everybody away with a reason. */
  dissolve(reason: unknown): void {
    const all = this.#all();
    this.#lines.clear();
    this.#length = 0;
    for (const { admitted } of all) admitted.reject(reason);
  }

  #join(waiter: Waiter<W>, line: LineName): void {
    let waiters = this.#lines.get(line);
    if (!waiters) this.#lines.set(line, waiters = new Deque());
    waiters.push(waiter);
  }

  #all(): Waiter<W>[] {
    const all = [...this.#lines.values()].flatMap((line) => [...line]);
    return all.sort((a, b) => a.ticket - b.ticket);
  }

  #callWatches(): void {
    if (this.#watches.length === 0) return;
    let oldest = Infinity;
    for (const waiters of this.#lines.values()) {
      oldest = Math.min(oldest, waiters.peek()!.ticket);
    }
    while ((this.#watches.peek()?.ticket ?? Infinity) < oldest) {
      this.#watches.shift()!.then();
    }
  }
}
