/**
 * One sequence of values out of all shards, from the first request to the end.
 *
 * @module
 */
import { onAbort } from "../_core/on_abort.ts";
import { Turns } from "../_core/turn.ts";
import { ClosedError } from "../errors.ts";
import type { ConsumerRecord } from "../records.ts";
import { missingAcknowledgement } from "./ack_errors.ts";
import type { OldestUnacknowledged, ShardStatus } from "../health.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { ChangeSignal } from "./change_signal.ts";
import { Coordinator } from "./coordinator.ts";
import { ReadAhead } from "./read_ahead.ts";
import { ReadingLimits } from "./reading_limits.ts";
import { ErrorLog } from "./error_log.ts";
import type { ResolvedConsumerOptions } from "./resolved_options.ts";
import { SessionLine } from "./session_line.ts";
import type { ShardSession } from "./shard_session.ts";
import { SkippedRecords } from "./skipped_records.ts";
import { type ConsumerStatus, statusOf } from "./status.ts";
import { reportStatus } from "./status_report.ts";

/** How long buffered values may keep the event loop busy, in milliseconds. */
const TURN_MS = 50;

/**
 * Takes values from the sessions of a coordinator, and ends when there is nothing more to take.
 */
export class RecordFeed<T> {
  readonly #options: ResolvedConsumerOptions<T>;
  readonly #errors: ErrorLog;
  readonly #onError: (error: unknown) => void;
  readonly #coordinator: Coordinator<T>;
  readonly #line = new SessionLine<ShardSession<T>>();
  readonly #limits: ReadingLimits;
  readonly #acknowledgements: Acknowledgements;
  readonly #skipped = new SkippedRecords();
  readonly #changed = new ChangeSignal();
  // While values are buffered only fulfilled promises are awaited, and the timers that store
  // leases and checkpoints would not run.
  readonly #turns = new Turns(TURN_MS);
  #stopFollowing = () => {};
  /** Whether the application waits for a value. */
  #isAwaited = false;
  /** The session of the value that was handed out last. */
  #last: ShardSession<T> | undefined;
  #failure: { error: unknown } | undefined;
  /** Set at the end of the stream, while values of it are not acknowledged. */
  #finishing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Ends the regular reports. Set while the consumer reads. */
  #reporting: AbortController | undefined;

  /** Calls `onError` once if the stream fails. */
  constructor(
    given: ResolvedConsumerOptions<T>,
    onError: (error: unknown) => void,
  ) {
    this.#errors = new ErrorLog(given.clock);
    const options = { ...given, hooks: this.#errors.listen(given.hooks) };
    this.#options = options;
    this.#onError = onError;
    this.#limits = new ReadingLimits(options, () => this.#changed.notify());
    this.#acknowledgements = new Acknowledgements(
      options,
      (error) => this.#fail(error),
    );
    const shared = {
      readAhead: new ReadAhead(options.prefetch),
      acknowledgements: this.#acknowledgements,
      skipped: this.#skipped,
    };
    this.#coordinator = new Coordinator(options, shared, {
      changed: (session) => this.#update(session),
      synced: () => this.#onSynced(),
      overdue: (session, oldest) => this.#onOverdue(session, oldest),
      failed: (error) => this.#fail(error),
    });
  }

  /** Starts reading. Resolves when every shard that this worker holds at first has an iterator. */
  get ready(): Promise<void> {
    this.#start();
    return this.#coordinator.ready;
  }

  /** Fails when the signal of the options aborts, or now if it has aborted already. */
  followSignal(): void {
    const { signal } = this.#options;
    this.#stopFollowing = onAbort(signal, () => this.#fail(signal!.reason));
  }

  /** The next value, if there is one now. */
  takeNow(): ConsumerRecord<T> | undefined {
    if (
      this.#closing || this.#limits.isReached ||
      this.#acknowledgements.areAtLimit
    ) return undefined;
    while (!this.#turns.isOver && !this.#failure) {
      const session = this.#line.shift();
      if (!session) return undefined;
      const record = this.#takeFrom(session);
      if (record) return record;
    }
    return undefined;
  }

  /** Waits for the next value; `undefined` at the end. Rejects if the consumer has failed. */
  async take(): Promise<ConsumerRecord<T> | undefined> {
    this.#start();
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      if (this.#closing) return undefined;
      if (this.#limits.isReached) break;
      if (!this.#line.isEmpty && this.#turns.isOver) {
        await this.#turns.next();
        continue;
      }
      const record = this.takeNow();
      if (record) return record;
      if (this.#failure) continue;
      const isFull = this.#acknowledgements.areAtLimit;
      // The turn ended while values of other sessions were dropped.
      if (!this.#line.isEmpty && !isFull) continue;
      if (isFull || this.#line.hasPaused) this.#acknowledgements.awaitFirst();
      else if (this.#coordinator.isDone) break;
      else this.#limits.startIdleTime();
      this.#isAwaited = true;
      await this.#changed.wait();
      this.#isAwaited = false;
    }
    await this.#finish();
    return undefined;
  }

  /** Says whether the way of reading acknowledges values, if only later. */
  expectAcknowledgements(will: boolean): void {
    this.#acknowledgements.expect(will);
  }

  /** If the stream has ended and all its values are acknowledged, resolves when that is stored. */
  async settled(): Promise<void> {
    if (this.#acknowledgements.missing === 0) await this.#finishing;
  }

  /** The state of the shards, and what was handed out. */
  status(): ConsumerStatus {
    return {
      shards: this.#shardStatus(),
      coverage: this.#coordinator.coverage,
      lastError: this.#errors.of(undefined),
      expired: [...this.#skipped.expired],
      delivered: this.#limits.delivered,
      unacknowledged: this.#acknowledgements.missing,
      strayValues: this.#skipped.strayValues,
    };
  }

  /** Stores the progress now. */
  checkpoint(): Promise<void> {
    return this.#coordinator.checkpoint();
  }

  /** Stops reading, stores the progress and gives the leases back. */
  close(reason: unknown): Promise<void> {
    if (!this.#closing) {
      this.#limits.stop();
      this.#acknowledgements.stop();
      this.#turns.giveUp();
      this.#stopFollowing();
      this.#reporting?.abort();
      this.#closing = this.#coordinator.close(
        reason ?? new ClosedError("The consumer has ended"),
      );
      this.#changed.notify();
    }
    return this.#closing;
  }

  #start(): void {
    if (this.#closing || this.#reporting) return;
    this.#coordinator.start();
    this.#reporting = new AbortController();
    const shown = () => ({
      shards: this.#shardStatus(),
      coverage: this.#coordinator.coverage,
    });
    reportStatus(this.#options, shown, this.#reporting.signal);
  }

  #shardStatus(): ShardStatus[] {
    return statusOf(this.#coordinator, {
      ...this.#options,
      errors: this.#errors,
    });
  }

  #onSynced(): void {
    const { lineage } = this.#coordinator;
    this.#errors.keepOnly((shardId) => lineage.has(shardId));
    this.#changed.notify();
  }

  #takeFrom(session: ShardSession<T>): ConsumerRecord<T> | undefined {
    let record: ConsumerRecord<T> | undefined;
    try {
      record = session.take();
    } catch (error) {
      return void this.#fail(error);
    }
    if (session.hasNext) this.#update(session);
    else this.#coordinator.wakeIfFinished(session);
    if (record) {
      this.#last = session;
      this.#limits.count();
    }
    return record;
  }

  #update(session: ShardSession<T>): void {
    this.#line.update(session);
    this.#changed.notify();
  }

  /** Closes the consumer, after the application has acknowledged the values that it still has. */
  async #finish(): Promise<void> {
    this.#limits.stop();
    if (this.#acknowledgements.missing === 0) {
      return await this.close(undefined);
    }
    this.#finishing = this.#closeWhenAcknowledged();
    // A failure is thrown by close() and settled(), so it is no unhandled rejection.
    this.#finishing.catch(() => {});
  }

  async #closeWhenAcknowledged(): Promise<void> {
    while (this.#acknowledgements.missing > 0 && !this.#closing) {
      await this.#changed.wait();
    }
    await this.close(undefined);
  }

  #onOverdue(session: ShardSession<T>, oldest: OldestUnacknowledged): void {
    if (this.#finishing) {
      // The stream has ended. The value that is not acknowledged is read again by the next run.
      this.close(undefined).catch(() => {});
    } else if (!this.#acknowledgements.areExpected) {
      this.#fail(this.#acknowledgements.noneError());
    } else if (
      this.#line.isPaused(session) ||
      (this.#acknowledgements.areAtLimit && this.#isAwaited) ||
      // Only this value keeps the children from being read. A loop that still works on it has not
      // asked for another value.
      (session.isHandedOut && (this.#isAwaited || this.#last !== session))
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
}
