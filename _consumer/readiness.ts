/**
 * The promise `ready` of one stream.
 *
 * @module
 */
import { type Deferred, deferred } from "../_core/deferred.ts";

/** Waits until every shard that this worker holds at first has an iterator. */
export class Readiness {
  readonly #sessions: ReadonlyMap<string, { readonly hasIterator: boolean }>;
  readonly #underWay: ReadonlySet<string>;
  readonly #ready: Deferred<void> = deferred();
  #hasSynced = false;
  #isReached = false;

  /**
   * Starts to wait. `sessions` are those of this worker by shard id; `underWay` are the shards
   * whose lease is being taken or written. Both may change at any time.
   */
  constructor(
    sessions: ReadonlyMap<string, { readonly hasIterator: boolean }>,
    underWay: ReadonlySet<string>,
  ) {
    this.#sessions = sessions;
    this.#underWay = underWay;
    // `ready` need not be awaited, so its rejection must not end the program.
    this.#ready.promise.catch(() => {});
  }

  /** Resolves when every shard that this worker holds at first has an iterator. */
  get promise(): Promise<void> {
    return this.#ready.promise;
  }

  /** Whether the promise has resolved. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** Whether this worker has looked at shards and leases once, and has taken its leases. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Notes that a look at shards and leases has succeeded. */
  noteSynced(): void {
    this.#hasSynced = true;
    this.check();
  }

  /** Resolves the promise if every shard has an iterator now. Call it after every change. */
  check(): void {
    if (this.#isReached || !this.#hasSynced) return;
    if (this.#underWay.size > 0) return;
    for (const { hasIterator } of this.#sessions.values()) {
      if (!hasIterator) return;
    }
    this.#isReached = true;
    this.#ready.resolve();
  }

  /** Rejects the promise, unless it has resolved. */
  fail(reason: unknown): void {
    this.#ready.reject(reason);
  }
}
