/**
 * Makes one sequence of values out of all shards of all streams, from the first request to the end.
 *
 * @module
 */
import { Admission } from "../_core/admission.ts";
import { onAbort } from "../_core/on_abort.ts";
import { Turns } from "../_core/turn.ts";
import { ClosedError } from "../errors.ts";
import type { ConsumerRecord } from "../records.ts";
import { missingAcknowledgement } from "./values/ack_errors.ts";
import type { OldestUnacknowledged } from "../health.ts";
import { Acknowledgements } from "./values/acknowledgements.ts";
import { ChangeSignal } from "./change_signal.ts";
import { PollPace } from "./reading/poll_pace.ts";
import { ReadAhead } from "./reading/read_ahead.ts";
import { ReadingLimits } from "./reading_limits.ts";
import type { ResolvedConsumerOptions } from "./options/resolved_options.ts";
import { SessionLine } from "./session_line.ts";
import type { ShardSession } from "./shard_session.ts";
import { SkippedRecords } from "./values/skipped_records.ts";
import type { ConsumerStatus } from "./health/status.ts";
import { StreamGroup } from "./stream_group.ts";

/** How long buffered values may keep the event loop busy, in milliseconds. */
const TURN_MS = 50;

/**
 * Iterators that are made at once: each call may need a connection of its own. A reader reads as
 * soon as it has its iterator, so this spreads the first reads of a thousand shards, too.
 */
const OPENINGS = { atOnce: 64, patienceMs: 1000 };

/**
 * Takes values from the sessions of all streams, and ends when there is nothing more to take.
 */
export class RecordFeed<T> {
  readonly #signal: AbortSignal | undefined;
  readonly #onError: (error: unknown) => void;
  readonly #streams: StreamGroup<T>;
  readonly #line = new SessionLine<ShardSession<T>>();
  readonly #limits: ReadingLimits;
  readonly #acknowledgements: Acknowledgements;
  readonly #skipped = new SkippedRecords();
  readonly #changed = new ChangeSignal();
  // While values are buffered, only fulfilled promises are awaited. Without turns, the timers that
  // renew leases and store checkpoints would not run.
  readonly #turns: Turns;
  #stopFollowing = () => {};
  /** Whether the application waits for a value. */
  #isAwaited = false;
  /** The session of the value that was handed out last. */
  #last: ShardSession<T> | undefined;
  #failure: { error: unknown } | undefined;
  #stuck: { readonly error: unknown } | undefined;
  /** Set at the end of the stream, while values of it are not acknowledged. */
  #finishing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Takes the options of one stream or more, which agree in the common ones. Calls `onError` once
   * if a stream fails.
   */
  constructor(
    streams: readonly ResolvedConsumerOptions<T>[],
    onError: (error: unknown) => void,
  ) {
    const options = streams[0]!;
    this.#turns = new Turns(options.clock.isVirtual ? Infinity : TURN_MS);
    this.#signal = options.signal;
    this.#onError = onError;
    this.#limits = new ReadingLimits(options, () => this.#changed.notify());
    this.#acknowledgements = new Acknowledgements(
      options,
      (error) => this.fail(error),
    );
    const shared = {
      readAhead: new ReadAhead(options.prefetch),
      pace: new PollPace(options),
      openings: new Admission({ ...OPENINGS, clock: options.clock }),
      acknowledgements: this.#acknowledgements,
      skipped: this.#skipped,
    };
    this.#streams = new StreamGroup(streams, shared, {
      changed: (session) => this.#update(session),
      synced: () => this.#changed.notify(),
      overdue: (session, oldest) => this.#onOverdue(session, oldest),
      failed: (error) => this.fail(error),
    });
  }

  /** Starts reading. Resolves when every shard that this worker holds at first has an iterator. */
  get ready(): Promise<void> {
    this.#start();
    return this.#streams.ready;
  }

  /**
   * Adds a stream, and starts reading. Resolves when every shard that this worker holds of it at
   * first has an iterator.
   *
   * @throws {TypeError} if a stream of that name is read already
   * @throws {ClosedError} if the consumer has ended
   */
  async add(options: ResolvedConsumerOptions<T>): Promise<void> {
    const { stream } = options;
    if (this.#failure || this.#closing || this.#finishing) {
      throw new ClosedError(
        `Cannot add the stream ${stream} as the consumer has ended`,
      );
    }
    if (this.#streams.has(options)) {
      throw new TypeError(
        `Cannot add the stream ${stream} as the consumer reads one of that name already. ` +
          "If they are of two regions or accounts, give 'streamARN' for both",
      );
    }
    this.#start();
    await this.#streams.add(options);
  }

  /** Fails when the signal of the options aborts, or now if it has aborted already. */
  followSignal(): void {
    const signal = this.#signal;
    this.#stopFollowing = onAbort(signal, () => this.fail(signal!.reason));
  }

  /** The next value, if there is one now. */
  takeNow(): ConsumerRecord<T> | undefined {
    if (
      this.#closing || this.#limits.isReached ||
      this.#acknowledgements.areAllPaused
    ) return undefined;
    while (!this.#turns.isOver && !this.#failure && !this.#stuck) {
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
      if (this.#closing || this.#stuck) return undefined;
      if (this.#limits.isReached) break;
      if (!this.#line.isEmpty && this.#turns.isOver) {
        await this.#turns.next();
        continue;
      }
      const record = this.takeNow();
      if (record) return record;
      if (this.#failure || this.#stuck) continue;
      const { areAllPaused, areAtLimit } = this.#acknowledgements;
      // The turn ended while values of other sessions were dropped.
      if (!this.#line.isEmpty && !areAllPaused) continue;
      if (areAtLimit || this.#line.hasPaused) {
        this.#acknowledgements.awaitFirst();
      } else if (this.#streams.isDone) break;
      else this.#limits.startIdleTime();
      this.#isAwaited = true;
      await this.#changed.wait();
      this.#isAwaited = false;
    }
    await this.#finish();
    return undefined;
  }

  /** From now on the library itself acknowledges every value, after a handler has processed it. */
  manageAcknowledgements(): void {
    this.#acknowledgements.manage();
  }

  /**
   * Why there is no further value, if a value could not be taken and the values before it are still
   * being processed. Once they are, {@linkcode RecordFeed.fail} must be called with the error.
   */
  get stuck(): { readonly error: unknown } | undefined {
    return this.#stuck;
  }

  /** Fails the stream and closes the consumer. Does nothing if it has failed or is closed. */
  fail(error: unknown): void {
    if (this.#failure || this.#closing) return;
    this.#failure = { error };
    this.#onError(error);
    this.close(error).catch(() => {});
  }

  /** The number of values that are handed out and not acknowledged. */
  get unacknowledged(): number {
    return this.#acknowledgements.missing;
  }

  /** The number of shards that this worker reads. */
  get shardCount(): number {
    return this.#streams.shardCount;
  }

  /** Notes whether the application's way of reading will acknowledge values. */
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
      shards: this.#streams.shards,
      streams: this.#streams.status,
      expired: [...this.#skipped.expired],
      delivered: this.#limits.delivered,
      unacknowledged: this.#acknowledgements.missing,
      strayValues: this.#skipped.strayValues,
    };
  }

  /** Stores the progress now. */
  checkpoint(): Promise<void> {
    return this.#streams.checkpoint();
  }

  /**
   * Stops reading, stores the progress and gives the leases back. `isDraining` says whether to wait
   * for the acknowledgements of the values that are handed out, if the application acknowledges
   * values.
   */
  close(reason: unknown, isDraining = false): Promise<void> {
    if (!this.#closing) {
      const { areExpected, areManaged } = this.#acknowledgements;
      this.#limits.stop();
      this.#acknowledgements.stop();
      this.#turns.giveUp();
      this.#stopFollowing();
      this.#closing = this.#streams.close(
        reason ?? new ClosedError("The consumer has ended"),
        isDraining && areExpected && !areManaged,
      );
      this.#changed.notify();
    }
    return this.#closing;
  }

  #start(): void {
    if (!this.#closing) this.#streams.start();
  }

  #takeFrom(session: ShardSession<T>): ConsumerRecord<T> | undefined {
    let record: ConsumerRecord<T> | undefined;
    try {
      record = session.take();
    } catch (error) {
      return void this.#onUntakeable(this.#streams.nameError(session, error));
    }
    if (session.hasNext) this.#update(session);
    else this.#streams.wakeIfFinished(session);
    if (record) {
      this.#last = session;
      this.#limits.count();
    }
    return record;
  }

  /**
   * A value cannot be taken. If the stream failed at once, handlers would lose the values before
   * it: the next run would read them again, meet the same value, and get no further.
   */
  #onUntakeable(error: unknown): void {
    if (!this.#acknowledgements.areManaged) return this.fail(error);
    this.#limits.stop();
    this.#stuck = { error };
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
    // close() and settled() throw a failure, so it must not be an unhandled rejection here.
    this.#finishing.catch(() => {});
  }

  async #closeWhenAcknowledged(): Promise<void> {
    while (this.#acknowledgements.missing > 0 && !this.#closing) {
      await this.#changed.wait();
    }
    await this.close(undefined);
  }

  #onOverdue(session: ShardSession<T>, oldest: OldestUnacknowledged): void {
    // A handler has its own time limit.
    if (this.#acknowledgements.areManaged) return;
    if (this.#finishing) {
      // The stream has ended. The next run reads the value that is not acknowledged again.
      this.close(undefined).catch(() => {});
    } else if (!this.#acknowledgements.areExpected) {
      this.fail(this.#acknowledgements.noneError());
    } else if (
      this.#line.isPaused(session) ||
      (this.#acknowledgements.areAtLimit && this.#isAwaited) ||
      // Only this value keeps the children from being read. A loop that still works on it has not
      // asked for another value.
      (session.isHandedOut && (this.#isAwaited || this.#last !== session))
    ) {
      const { shardId, unacknowledged } = session;
      const error = missingAcknowledgement(shardId, oldest, unacknowledged);
      this.fail(this.#streams.nameError(session, error));
    }
  }
}
