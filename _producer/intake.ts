/**
 * Accepts values while the buffer has room. Other values wait.
 *
 * @module
 */
import { notify } from "../_core/notify.ts";
import { Backlog, type Load } from "./backlog.ts";
import { keyError, type Keys } from "./keys.ts";
import type { Ledger } from "./ledger.ts";
import type { PutKeys, ResolvedProducerOptions } from "./options.ts";
import { itemOf, type Packing } from "./packing.ts";
import type { Outcome, Pending } from "./pending.ts";
import type { SendQueue } from "./send_queue.ts";
import type { ShardWatch } from "./shard_watch.ts";
import type { LineName, Room, Waiters, Written } from "./waiters.ts";

/** The stages around the intake. */
interface IntakeStages<T> {
  /** Chooses the keys of values. */
  readonly keys: Keys<T>;
  /** Contains every accepted value until it is settled. */
  readonly ledger: Ledger<T>;
  /** Receives the accepted values. */
  readonly packing: Packing<T>;
  /** Knows how many values of each shard are buffered. */
  readonly queue: SendQueue<T>;
  /** Contains the values that wait for room. */
  readonly waiters: Waiters<T>;
  /** Knows whether the shards are known. */
  readonly watch: ShardWatch<T>;
}

/** The entrance of the producer. */
export class Intake<T> implements Room {
  readonly #options: ResolvedProducerOptions<T>;
  readonly #stages: IntakeStages<T>;
  readonly #most: Load;
  readonly #commonRoom: Load;
  /** Values of one shard can share a record only if the shards are known. */
  readonly #needsShards: boolean;
  #isFull = false;
  #isClosed = false;

  /** Starts with an empty buffer. */
  constructor(options: ResolvedProducerOptions<T>, stages: IntakeStages<T>) {
    this.#options = options;
    this.#stages = stages;
    const { bufferedValues, bufferedBytes, processor } = options;
    this.#most = { values: bufferedValues, bytes: bufferedBytes };
    this.#commonRoom = Backlog.commonRoom(this.#most);
    this.#needsShards = processor.scope === "shard";
  }

  /** Bytes of values and records that are not settled. */
  get bufferedBytes(): number {
    const { queue, packing } = this.#stages;
    return queue.bytes + packing.pendingBytes;
  }

  /**
   * Accepts a value, or lets it wait. The promise of a value that waits resolves when the value is
   * accepted. It rejects if the producer ends before that.
   */
  accept(
    value: T,
    keys: PutKeys,
    outcome: Outcome<T> | undefined,
  ): Promise<void> | undefined {
    const { waiters } = this.#stages;
    if (waiters.length === 0 && this.#mayAccept && this.#hasCommonRoom) {
      this.#add(value, keys, outcome);
      return;
    }
    const early = this.#stages.keys.early(value, keys);
    const line = waiters.lineOf(early);
    if (!waiters.has(line) && this.hasRoomFor(line)) {
      this.#add(value, early, outcome);
      return;
    }
    const item = itemOf(this.#options.processor, value);
    const admitted = waiters.join({ value, keys: early, outcome, item }, line);
    if (!this.#isFull && !this.#hasRoomIn(line)) this.#setFull(true);
    return admitted;
  }

  /** Accepts the values that wait, as far as there is room. */
  acceptWaiting(): void {
    const { waiters } = this.#stages;
    for (let next; waiters.length > 0 && (next = waiters.next(this));) {
      const { value, keys, outcome, item } = next.written;
      this.#add(value, keys, outcome, item);
      next.admitted.resolve();
    }
    if (this.#isFull && waiters.length === 0) this.#setFull(false);
  }

  /** Accepts nothing any more. Values that wait stay in their lines. */
  close(): void {
    this.#isClosed = true;
  }

  /** Puts the values that wait into the ledger, for the report of an end. */
  recordWaiting(): void {
    const { waiters, ledger } = this.#stages;
    for (const written of waiters.waiting) ledger.add(this.#described(written));
  }

  hasRoomFor(line: LineName): boolean {
    return this.#mayAccept && this.#hasRoomIn(line);
  }

  #add(
    value: T,
    keys: PutKeys,
    outcome: Outcome<T> | undefined,
    item?: Written<T>["item"],
  ): void {
    const { ledger, packing } = this.#stages;
    let pending: Pending<T>;
    try {
      pending = this.#stages.keys.pending(value, keys, outcome);
    } catch (cause) {
      pending = this.#described({ value, keys, outcome });
      ledger.add(pending);
      ledger.giveUp([pending], keyError(cause));
      return;
    }
    ledger.add(pending);
    packing.push(pending, item);
  }

  #described(
    { value, keys, outcome }: Pick<Written<T>, "value" | "keys" | "outcome">,
  ): Pending<T> {
    return this.#stages.keys.described(value, keys, outcome);
  }

  /** Whether a value may be accepted now if there is room. */
  get #mayAccept(): boolean {
    if (this.#isClosed || this.#stages.packing.isBusy) return false;
    return !this.#needsShards || this.#stages.watch.isStarted;
  }

  get #hasCommonRoom(): boolean {
    // Called for every value, so it allocates nothing.
    return this.#stages.ledger.bufferedValues < this.#commonRoom.values &&
      this.bufferedBytes < this.#commonRoom.bytes;
  }

  #hasRoomIn(line: LineName): boolean {
    const { watch, queue, ledger } = this.#stages;
    // Until the shards are known, some room is kept for shards that the first values do not belong
    // to.
    if (!watch.isStarted && !this.#hasCommonRoom) return false;
    const used = { values: ledger.bufferedValues, bytes: this.bufferedBytes };
    return queue.hasRoom(line, used, this.#most);
  }

  #setFull(isFull: boolean): void {
    this.#isFull = isFull;
    const { stream, instance, hooks } = this.#options;
    notify(hooks, "onBuffer", {
      stream,
      instance,
      state: isFull ? "full" : "free",
      bufferedValues: this.#stages.ledger.bufferedValues,
      bufferedBytes: this.bufferedBytes,
    });
  }
}
