/**
 * One shard whose lease this worker holds: its lease, its reader, its values and its progress.
 *
 * @module
 */
import type { Share } from "../_core/shares.ts";
import type { LeaseLoad } from "../checkpoint/mod.ts";
import { ClosedError } from "../errors.ts";
import type { OldestUnacknowledged } from "../health.ts";
import type { ShardEvent } from "../hooks.ts";
import type { ConsumerRecord, FencingToken } from "../records.ts";
import { ShardEvents } from "./health/shard_events.ts";
import { ratesOf } from "./health/rates.ts";
import { ShardHealth } from "./health/shard_health.ts";
import type { HeldLease } from "./leases/held_lease.ts";
import { ShardCheckpoints } from "./leases/shard_checkpoints.ts";
import type { ResolvedConsumerOptions } from "./options/resolved_options.ts";
import type { ReaderShare } from "./reading/reader_share.ts";
import type { RecordReader } from "./reading/record_reader.ts";
import { ShardIntake } from "./reading/shard_intake.ts";
import type {
  SessionEvents,
  SessionParts,
  SessionStatus,
} from "./session_parts.ts";
import { AckWatch } from "./values/ack_watch.ts";
import type { RecordShard } from "./values/record.ts";
import { ShardDrain } from "./values/shard_drain.ts";
import { ShardProgress } from "./values/shard_progress.ts";
import { ShardValues } from "./values/shard_values.ts";

/** Reads a shard, hands its values out one by one, and stores its progress. */
export class ShardSession<T> implements RecordShard {
  readonly lease: HeldLease;
  /** What the shard waits for, and for how long. */
  readonly health: ShardHealth;
  /** The number of the stream in the consumer, from 0. */
  readonly streamIndex: number;
  /** Written by the line of sessions only. */
  inLine = false;
  readonly options: ResolvedConsumerOptions<T>;
  readonly #events: SessionEvents;
  readonly #room: ReaderShare;
  readonly #intake: ShardIntake;
  readonly #reader: RecordReader;
  readonly #values: ShardValues<T>;
  readonly #progress: ShardProgress;
  readonly #drain: ShardDrain;
  readonly #unacknowledged: Share;
  readonly #ackWatch: AckWatch;
  readonly #checkpoints: ShardCheckpoints;
  readonly #shardEvents: ShardEvents;
  readonly #stop = new AbortController();
  #isHeld = false;
  #running: Promise<void> | undefined;

  /** Nothing is read before {@linkcode ShardSession.start}. */
  constructor(parts: SessionParts<T>, events: SessionEvents) {
    const { lease, position, options, shared, strays, existence } = parts;
    const { acknowledgements, readAhead, skipped } = shared;
    const { shardId } = lease;
    this.lease = lease;
    this.streamIndex = shared.streamIndex;
    this.options = options;
    this.#events = events;
    this.#unacknowledged = acknowledgements.join();
    this.#progress = new ShardProgress(
      (difference) => this.#onUnacknowledged(difference),
      () => acknowledgements.note(),
    );
    const progress = this.#progress;
    this.#drain = new ShardDrain(progress);
    this.#ackWatch = new AckWatch(shardId, progress, options);
    this.#checkpoints = new ShardCheckpoints({ lease, progress, options });
    this.#shardEvents = new ShardEvents(shardId, options);
    this.#room = readAhead.join(() => this.#takesNext);
    this.#intake = new ShardIntake({
      shardId,
      position,
      options,
      load: lease.stored.load,
      share: this.#room,
      skipped,
      onChange: () => this.#onRead(),
    });
    this.#reader = parts.newReader({
      shardId,
      options,
      lease,
      intake: this.#intake,
      share: this.#room,
      pace: shared.pace.join(),
      openings: shared.openings,
      existence,
    });
    this.#values = new ShardValues({
      shardId,
      position,
      options,
      records: this.#intake,
      progress,
      acknowledgements,
      shard: this,
      strays,
      skipped,
      signal: this.#stop.signal,
      onChange: () => {
        this.#room.check();
        events.changed();
      },
    });
    this.health = new ShardHealth(options, {
      records: this.#intake,
      values: this.#values,
      progress,
      mayTake: () =>
        !this.isPaused && !this.#drain.hasBegun &&
        !acknowledgements.areAllPaused,
    });
  }

  /** The shard. */
  get shardId(): string {
    return this.lease.shardId;
  }

  /** Whether a value can be taken now, apart from {@linkcode ShardSession.isPaused}. */
  get hasNext(): boolean {
    return this.#values.hasNext && !this.#drain.hasBegun;
  }

  /**
   * Whether no value is handed out now, because the shard is held, or because so many of its values
   * are not acknowledged.
   */
  get isPaused(): boolean {
    return this.#isHeld ||
      this.#progress.unacknowledged > 0 && this.#unacknowledged.room < 1;
  }

  /** Aborts when no further value is handed out, because the lease is to be passed on. */
  get draining(): AbortSignal {
    return this.#drain.signal;
  }

  /** Aborts when the session is closed. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Who holds the lease, and its counter when it was taken. */
  get fencingToken(): FencingToken {
    return this.lease.fencingToken;
  }

  /** Whether an iterator was made: the records that are written after that will be read. */
  get hasIterator(): boolean {
    return this.#intake.hasIterator;
  }

  /** The children that the last answer of a closed shard named. Empty if the server names none. */
  get childShardIds(): readonly string[] {
    return this.#intake.childShardIds;
  }

  /** Whether the shard expired before it was read to its end. */
  get hasExpired(): boolean {
    return this.#intake.hasExpired;
  }

  /** Whether the shard is closed, and all its values are handed out. */
  get isHandedOut(): boolean {
    return this.#intake.state === "ended" && this.#isDrained;
  }

  /** Whether the shard is closed, and all its values are handed out and acknowledged. */
  get isFinished(): boolean {
    return this.isHandedOut && this.#progress.unacknowledged === 0;
  }

  /** Whether the shard was read as far as `until` says, and all values are handed out. */
  get hasReachedUntil(): boolean {
    const { hasCaughtUp, state } = this.#intake;
    const isRead = this.options.until === "caught-up"
      ? hasCaughtUp
      : state === "past-until";
    return isRead && this.#isDrained;
  }

  /** How much work the shard is, if that has been measured yet. */
  get load(): LeaseLoad | undefined {
    return this.#intake.meter.load;
  }

  /** Values that are handed out and not acknowledged, each with all later values of the shard. */
  get unacknowledged(): number {
    return this.#progress.unacknowledged;
  }

  /** The state of the session. */
  status(): SessionStatus {
    return {
      ...ratesOf(this.lease.load),
      state: this.#intake.state,
      ...this.health.status(),
      millisBehindLatest: this.#intake.millisBehindLatest,
      acknowledged: this.#progress.acknowledged,
      unacknowledged: this.#progress.unacknowledged,
      oldestUnacknowledged: this.#ackWatch.oldest,
      bufferedRecords: this.#intake.buffered,
      bufferedBytes: this.#intake.bufferedBytes,
    };
  }

  /** While the shard is held, no value of it is handed out. */
  hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    if (isHeld || this.#stop.signal.aborted) return;
    this.#events.changed();
    this.#room.check();
  }

  /** Asks to give the lease back, because the values cannot be processed here. */
  giveUp(reason: Error): void {
    this.#events.givenUp(reason);
  }

  /** Starts reading. */
  start(): void {
    this.#running = this.#reader.run(this.#stop.signal).catch((error) => {
      if (!this.#stop.signal.aborted) this.#events.failed(error);
    });
  }

  /**
   * Takes the next value; `undefined` if the next record gives none now.
   *
   * @throws {DecodeError} if a value cannot be decoded and the policy is to fail
   */
  take(): ConsumerRecord<T> | undefined {
    if (this.#drain.hasBegun) return undefined;
    const record = this.#values.take();
    this.#room.check();
    return record;
  }

  /**
   * Measures for how long the oldest value has not been acknowledged, and calls the hook. Returns
   * that value if `acknowledgeTimeoutMs` is over. Call it every few seconds.
   */
  checkOldest(): OldestUnacknowledged | undefined {
    return this.#ackWatch.check();
  }

  /** Lets the reader start anew behind the last buffered record. */
  restart(reason: unknown): void {
    this.#reader.restart(reason);
  }

  /** Stores the progress, if there is any since the last time. */
  checkpoint(): Promise<void> {
    return this.#checkpoints.store();
  }

  /**
   * Hands out nothing any more. Resolves when all values that are handed out are acknowledged, or
   * are not processed by this worker.
   */
  drain(): Promise<void> {
    return this.#drain.begin();
  }

  /** Notes that the values without an acknowledgement are not processed by this worker. */
  settle(): void {
    this.#drain.settle();
  }

  /** Stores that the shard is finished, and stops. The lease must still be given back. */
  async finish(): Promise<void> {
    await this.#checkpoints.storeEnd();
    this.report("finished");
    await this.close();
  }

  /** Calls the hook `onShard`, unless it was called with this state before. */
  report(state: ShardEvent["state"]): void {
    this.#shardEvents.report(state);
  }

  /**
   * Stops reading and drops the buffer. The lease is still held, and acknowledgements still move
   * the checkpoint. Handlers that work on values of the shard see the reason.
   */
  async close(
    reason: unknown = new ClosedError(
      `The reader of ${this.shardId} is closed`,
    ),
  ): Promise<void> {
    if (this.#stop.signal.aborted) return await this.#running;
    const { unacknowledged } = this;
    this.#stop.abort(reason);
    this.#unacknowledged.leave();
    if (unacknowledged > 0) this.#events.changed();
    await this.#running;
    this.#intake.clear();
    this.#values.clear();
  }

  /** Whether all values that were read are handed out, and the session is not closed. */
  get #isDrained(): boolean {
    return !this.#stop.signal.aborted && !this.#values.isBusy &&
      !this.#values.hasNext;
  }

  /** Whether the application takes the next record as soon as it arrives. */
  get #takesNext(): boolean {
    return !this.#values.isBusy && this.#values.isBetweenRecords &&
      !this.isPaused && !this.#drain.hasBegun;
  }

  #onUnacknowledged(difference: number): void {
    if (this.#stop.signal.aborted) return;
    this.#unacknowledged.adjust(difference);
    if (difference > 0) return;
    this.#drain.check();
    this.#events.changed();
    // An acknowledgement makes room only for a record that needs an empty buffer.
    this.#room.check();
  }

  #onRead(): void {
    const { state, hasIterator } = this.#intake;
    if (hasIterator) this.report("opened");
    if (state === "caught-up" || state === "ended") this.report(state);
    this.#events.changed();
  }
}
