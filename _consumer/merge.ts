/**
 * One sequence out of many shards: records are pulled from whichever shard has some, each shard in turn.
 *
 * @module
 */
import { Alarm } from "../_core/alarm.ts";
import { type Deferred, deferred } from "../_core/deferred.ts";
import { Deque } from "../_core/deque.ts";
import { Turns } from "../_core/turn.ts";
import type { ConsumerRecord } from "../records.ts";
import { missingAcknowledgement, neverAcknowledged } from "./ack_errors.ts";
import type { OldestUnacknowledged } from "./ack_watch.ts";
import { Coordinator } from "./coordinator.ts";
import type { ResolvedConsumerOptions } from "./resolved_options.ts";
import type { ShardSession } from "./shard_session.ts";
import { type ConsumerStatus, statusOf } from "./status.ts";

/** How long nothing may have been acknowledged at the limit, in milliseconds: a handler may have just begun. */
const UNACKNOWLEDGED_MS = 5000;
/** How long records that are buffered may keep the event loop to themselves, in milliseconds. */
const TURN_MS = 50;

/** Pulls from the sessions of a coordinator. */
export class Merge<T> {
  readonly #options: ResolvedConsumerOptions<T>;
  readonly #coordinator: Coordinator<T>;
  readonly #onError: (error: unknown) => void;
  /** Sessions that have something, each once. */
  readonly #line: Deque<ShardSession<T>> = new Deque();
  /** Sessions that have something and too much that is not acknowledged. */
  readonly #paused: Set<ShardSession<T>> = new Set();
  readonly #idleness: Alarm;
  readonly #neglect: Alarm;
  #changed: Deferred<void> | undefined;
  // While records are buffered nothing but promises is awaited; leases and checkpoints are written by timers.
  readonly #turns = new Turns(TURN_MS);
  #delivered = 0;
  #unacknowledged = 0;
  #hasAcknowledged = false;
  #willAcknowledge = false;
  #failure: { error: unknown } | undefined;
  #isIdle = false;
  #isAwaited = false;
  #finishing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** `onError` hears once that the stream has failed. */
  constructor(
    options: ResolvedConsumerOptions<T>,
    onError: (error: unknown) => void,
  ) {
    this.#options = options;
    this.#onError = onError;
    this.#coordinator = new Coordinator(options, {
      changed: (session) => this.#lineUp(session),
      synced: () => this.#notice(),
      outstanding: (session, difference) => {
        this.#unacknowledged += difference;
        if (difference > 0) return;
        if (this.#paused.size > 0 && this.#paused.has(session)) {
          this.#lineUp(session);
        } else this.#notice();
      },
      acknowledged: () => {
        this.#hasAcknowledged = true;
      },
      overdue: (session, oldest) => this.#onOverdue(session, oldest),
      failed: (error) => this.#fail(error),
    });
    this.#idleness = new Alarm(options.clock, options.idleTimeoutMs, () => {
      this.#isIdle = true;
      this.#notice();
    });
    this.#neglect = new Alarm(options.clock, UNACKNOWLEDGED_MS, () => {
      if (this.#acknowledges) return;
      this.#fail(neverAcknowledged(this.#unacknowledged));
    });
  }

  /** Starts reading; resolves when the first shards have iterators. */
  get ready(): Promise<void> {
    this.#start();
    return this.#coordinator.ready;
  }

  /** Fails when the signal of the options aborts, which it may have done already. */
  follow(): void {
    const { signal } = this.#options;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** The next record, if there is one right now. */
  take(): ConsumerRecord<T> | undefined {
    if (this.#closing || this.#hasEnough || this.#isPaused) return undefined;
    while (!this.#turns.isOver && !this.#failure) {
      const session = this.#line.shift();
      if (!session) return undefined;
      session.inLine = false;
      const record = this.#takeFrom(session);
      if (record) return record;
    }
    return undefined;
  }

  /** Waits for the next record; `undefined` at the end. Rejects when the consumer has failed. */
  async next(): Promise<ConsumerRecord<T> | undefined> {
    this.#start();
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      if (this.#closing) return undefined;
      if (this.#hasEnough) break;
      if (this.#line.length > 0 && this.#turns.isOver) {
        await this.#turns.next();
        continue;
      }
      const record = this.take();
      if (record) return record;
      if (this.#failure) continue;
      // Some session may have been lined up behind many records that were dropped.
      if (this.#line.length > 0 && !this.#isPaused) continue;
      if (this.#isPaused || this.#paused.size > 0) this.#neglect.set();
      else if (this.#coordinator.isDone) break;
      else this.#idleness.set();
      this.#isAwaited = true;
      await this.#wait();
      this.#isAwaited = false;
    }
    await this.#finish();
    return undefined;
  }

  /** Says whether the way of reading acknowledges, if only later. */
  willAcknowledge(will: boolean): void {
    this.#willAcknowledge = will;
  }

  /** Resolves when a stream that has ended, and of which everything is acknowledged, has stored that. */
  async settled(): Promise<void> {
    if (this.#unacknowledged === 0) await this.#finishing;
  }

  /** How everything stands. */
  status(): ConsumerStatus {
    return {
      shards: statusOf(this.#coordinator),
      expired: [...this.#coordinator.expired],
      delivered: this.#delivered,
      unacknowledged: this.#unacknowledged,
      strayValues: this.#coordinator.strayValues,
    };
  }

  /** Stores progress now. */
  checkpoint(): Promise<void> {
    return this.#coordinator.checkpoint();
  }

  /** Stops, stores progress, gives leases back. */
  close(reason: unknown): Promise<void> {
    if (!this.#closing) {
      this.#idleness.clear();
      this.#neglect.clear();
      this.#turns.giveUp();
      this.#options.signal?.removeEventListener("abort", this.#onAbort);
      this.#closing = this.#coordinator.close(reason);
      this.#notice();
    }
    return this.#closing;
  }

  get #acknowledges(): boolean {
    return this.#hasAcknowledged || this.#willAcknowledge;
  }

  get #hasEnough(): boolean {
    return this.#delivered >= this.#options.limit || this.#isIdle;
  }

  get #isPaused(): boolean {
    return this.#unacknowledged >= this.#options.maxUnacknowledged;
  }

  #start(): void {
    if (!this.#closing) this.#coordinator.start();
  }

  #takeFrom(session: ShardSession<T>): ConsumerRecord<T> | undefined {
    let record: ConsumerRecord<T> | undefined;
    if (session.isPaused) return void this.#lineUp(session);
    try {
      record = session.take();
    } catch (error) {
      return void this.#fail(error);
    }
    // At the end of the line: a busy shard does not hide the others.
    if (session.hasNext) this.#lineUp(session);
    else this.#coordinator.nudge(session);
    if (record) {
      this.#delivered++;
      this.#idleness.clear();
    }
    return record;
  }

  #lineUp(session: ShardSession<T>): void {
    if (this.#paused.size > 0) this.#paused.delete(session);
    if (session.hasNext && !session.inLine) {
      if (session.isPaused) this.#paused.add(session);
      else {
        session.inLine = true;
        this.#line.push(session);
      }
    }
    this.#notice();
  }

  // The last records may still be in the hands of the application: their acknowledgements are worth waiting for.
  async #finish(): Promise<void> {
    this.#idleness.clear();
    if (this.#unacknowledged === 0) return await this.close(undefined);
    this.#finishing = this.#closeWhenAcknowledged();
    // Seen by whoever closes the consumer, or awaits that it has settled.
    this.#finishing.catch(() => {});
  }

  async #closeWhenAcknowledged(): Promise<void> {
    while (this.#unacknowledged > 0 && !this.#closing) await this.#wait();
    await this.close(undefined);
  }

  #onOverdue(session: ShardSession<T>, oldest: OldestUnacknowledged): void {
    if (this.#finishing) {
      // Everything else is stored and given back; what was not acknowledged comes again.
      this.close(undefined).catch(() => {});
    } else if (!this.#acknowledges) {
      this.#fail(neverAcknowledged(this.#unacknowledged));
    } else if (
      this.#paused.has(session) || (this.#isPaused && this.#isAwaited)
    ) {
      const { shardId, unacknowledged } = session;
      this.#fail(missingAcknowledgement(shardId, oldest, unacknowledged));
    }
  }

  #fail(error: unknown): void {
    if (this.#failure || this.#closing) return;
    this.#failure = { error };
    this.#onError(error);
    this.close(error).catch(() => {});
  }

  readonly #onAbort = (): void => this.#fail(this.#options.signal!.reason);

  #notice(): void {
    this.#changed?.resolve();
    this.#changed = undefined;
  }

  #wait(): Promise<void> {
    return (this.#changed ??= deferred()).promise;
  }
}
