/**
 * One shard in the hands of this worker: its lease, its reader, and what has been handed out of it.
 *
 * @module
 */
import { monotonicNow } from "../_core/clock.ts";
import { notify } from "../_core/notify.ts";
import type { Share, Shares } from "./shares.ts";
import type { KinesisApiRecord } from "../client/mod.ts";
import { ClosedError, type DecodeError } from "../errors.ts";
import type { ExpiredEvent, ShardEvent } from "../hooks.ts";
import type { Unpacked } from "../processors/mod.ts";
import type { Checkpoint, ConsumerRecord, ShardPosition } from "../records.ts";
import type { Strays } from "./strays.ts";
import { AckWatch, type OldestUnacknowledged } from "./ack_watch.ts";
import type { Existence } from "./census.ts";
import type { HeldLease } from "./held_lease.ts";
import type { ResolvedConsumerOptions } from "./resolved_options.ts";
import type { ReadAhead } from "./read_ahead.ts";
import { DeliveredRecord, type RecordSource } from "./record.ts";
import { ShardReader } from "./shard_reader.ts";
import { ShardProgress, type Ticket } from "./shard_progress.ts";

/** Told by a session. */
export interface SessionEvents {
  /** An iterator exists. */
  opened(): void;
  /** There is something to take, or the state has changed. */
  changed(): void;
  /** So many more values than before are handed out and not acknowledged in order, or less. */
  outstanding(difference: number): void;
  /** The application has acknowledged something. */
  acknowledged(): void;
  /** Values of one record are dropped, since their writer sends them again. */
  strayed(values: number): void;
  /** Reading cannot go on. */
  failed(error: unknown): void;
  /** Records have expired that were not read. */
  expired(event: ExpiredEvent): void;
  /** What has become of the shard. */
  existence(): Promise<Existence>;
  /** A value has not been acknowledged for longer than the options allow. */
  overdue(oldest: OldestUnacknowledged): void;
}

/** The bounds that the sessions of a consumer share. */
export interface SharedBounds {
  /** What is read ahead. */
  readonly readAhead: ReadAhead;
  /** Values that are handed out and not acknowledged. */
  readonly unacknowledged: Shares;
}

/** What can be told about a shard. */
export interface SessionStatus {
  /** `opening`, `reading`, `caught-up` (the tip was seen), `ended` (all read, not all acknowledged). */
  state: "opening" | "reading" | "caught-up" | "ended";
  /** How far reading is behind the tip, in milliseconds, as the server says. */
  millisBehindLatest?: number;
  /** The sequence number up to which everything is acknowledged, since this session started. */
  acknowledged?: string;
  /** Values that were handed out and are not acknowledged in order. */
  unacknowledged: number;
  /** The first of them, behind which nothing of the shard is stored. */
  oldestUnacknowledged?: OldestUnacknowledged;
  /** Kinesis records that wait to be handed out. */
  bufferedRecords: number;
  /** Bytes of them. */
  bufferedBytes: number;
}

const NONE: ReadonlySet<number> = new Set();

/** Reads a shard and hands its values out one by one. */
export class ShardSession<T> {
  readonly lease: HeldLease;
  /** Whether it waits in a line of sessions to be taken from; for the owner of that line. */
  inLine = false;
  readonly #options: ResolvedConsumerOptions<T>;
  readonly #events: SessionEvents;
  readonly #reader: ShardReader;
  readonly #strays: Strays | undefined;
  readonly #progress: ShardProgress;
  readonly #source: RecordSource;
  readonly #unacknowledged: Share;
  readonly #watch = new AckWatch();
  readonly #stop = new AbortController();
  readonly #resumeAfter: { sequenceNumber: string; sub: number } | undefined;
  readonly #told = new Set<string>();
  #raw: KinesisApiRecord | undefined;
  #unpacked: Unpacked<T>[] = [];
  /** The indexes of those that are dropped. */
  #dropped: ReadonlySet<number> = NONE;
  #next = 0;
  /** A record is being decoded, or its poison dealt with: nothing behind it may be handed out. */
  #busy = false;
  #finished = false;
  #running: Promise<void> | undefined;

  /** Makes a session that starts at a position; without `strays` no value is dropped for lying in the wrong shard. */
  constructor(
    lease: HeldLease,
    position: ShardPosition,
    options: ResolvedConsumerOptions<T>,
    bounds: SharedBounds,
    events: SessionEvents,
    strays?: Strays,
  ) {
    this.lease = lease;
    this.#strays = strays;
    this.#options = options;
    this.#events = events;
    this.#reader = new ShardReader(
      lease.shardId,
      position,
      options,
      bounds.readAhead,
      {
        opened: () => {
          this.#tell("opened");
          events.opened();
        },
        expired: (facts) => {
          const { hooks, stream } = options;
          const event = { stream, shardId: lease.shardId, ...facts };
          events.expired(event);
          notify(hooks, "onExpired", event);
        },
        existence: () => events.existence(),
        isNext: () => this.#isNext,
        changed: () => {
          if (this.#reader.state === "caught-up") this.#tellOnce("caught-up");
          if (this.#reader.state === "ended") this.#tellOnce("ended");
          events.changed();
        },
      },
    );
    this.#unacknowledged = bounds.unacknowledged.join();
    this.#progress = new ShardProgress((difference) => {
      if (this.#stop.signal.aborted) return;
      this.#unacknowledged.adjust(difference);
      events.outstanding(difference);
      if (difference < 0) this.#reader.wake();
    }, () => events.acknowledged());
    this.#source = {
      streamName: options.streamName,
      shardId: lease.shardId,
      progress: this.#progress,
    };
    if (
      position.type === "SEQUENCE" && position.subSequenceNumber !== undefined
    ) {
      this.#resumeAfter = {
        sequenceNumber: position.sequenceNumber,
        sub: position.subSequenceNumber,
      };
    }
  }

  /** The shard. */
  get shardId(): string {
    return this.lease.shardId;
  }

  /** Whether there is something to take right now, were it not for {@linkcode ShardSession.isPaused}. */
  get hasNext(): boolean {
    return !this.#busy && !this.#stop.signal.aborted &&
      (this.#next < this.#unpacked.length || this.#reader.buffered > 0);
  }

  /** Whether so much of this shard is not acknowledged that nothing more is handed out: the rest is for the other shards. */
  get isPaused(): boolean {
    return this.#progress.unacknowledged > 0 && this.#unacknowledged.room < 1;
  }

  /** The children that the last answer of a closed shard named; none if the server does not tell. */
  get childShardIds(): readonly string[] {
    return this.#reader.childShardIds;
  }

  /** Whether the shard has expired before it was read to its end. */
  get hasExpired(): boolean {
    return this.#reader.hasExpired;
  }

  /** Whether the shard is closed and everything in it has been handed out and acknowledged. */
  get isFinished(): boolean {
    return this.#reader.state === "ended" && !this.#stop.signal.aborted &&
      !this.#busy && !this.hasNext && this.#progress.unacknowledged === 0;
  }

  /** Whether the tip has been seen and everything up to it handed out. */
  get isCaughtUp(): boolean {
    return this.#reader.hasSeenTip && !this.#stop.signal.aborted &&
      !this.#busy && !this.hasNext;
  }

  /** Values that were handed out and are not acknowledged in order. */
  get unacknowledged(): number {
    return this.#progress.unacknowledged;
  }

  /** How things are. */
  status(): SessionStatus {
    return {
      state: this.#reader.state,
      millisBehindLatest: this.#reader.millisBehindLatest,
      acknowledged: this.#progress.acknowledged,
      unacknowledged: this.#progress.unacknowledged,
      oldestUnacknowledged: this.#oldest(),
      bufferedRecords: this.#reader.buffered,
      bufferedBytes: this.#reader.bufferedBytes,
    };
  }

  /** Starts reading. */
  start(): void {
    this.#running = this.#reader.run(this.#stop.signal).catch((error) => {
      if (this.#stop.signal.aborted) return;
      this.#events.failed(error);
    });
  }

  /**
   * Takes the next value out of one Kinesis record; `undefined` when it gives none now. Skips what a checkpoint inside an
   * aggregated record says was processed, and what the poison policy drops. What takes time goes on by itself, and `changed`
   * tells when it is done.
   */
  take(): ConsumerRecord<T> | undefined {
    if (!this.hasNext) return undefined;
    if (this.#next === this.#unpacked.length) this.#unpack();
    let record: ConsumerRecord<T> | undefined;
    while (!record && !this.#busy && this.#next < this.#unpacked.length) {
      record = this.#handOut(this.#unpacked[this.#next++]!);
    }
    if (this.#reader.buffered === 0) this.#reader.wake();
    return record;
  }

  /** Looks for how long the oldest value has not been acknowledged, and tells. To be called now and then. */
  checkOldest(): void {
    const { clock, hooks, stream, acknowledgeTimeoutMs } = this.#options;
    const isTime = this.#watch.look(
      this.#progress.oldest,
      monotonicNow(clock),
    );
    const oldest = this.#oldest();
    if (!oldest) return;
    if (isTime) {
      notify(hooks, "onUnacknowledged", {
        stream,
        shardId: this.shardId,
        unacknowledged: this.#progress.unacknowledged,
        ...oldest,
      });
    }
    if (oldest.ageMs >= acknowledgeTimeoutMs) this.#events.overdue(oldest);
  }

  /** Stores what has been acknowledged since the last time. Resolves with whether anything was written. */
  async checkpoint(): Promise<boolean> {
    const unstored = this.#progress.unstored;
    // Behind the end of the shard nothing else is stored, or its children would wait for it again.
    if (!unstored || this.#finished) return false;
    await this.#store(unstored.checkpoint);
    this.#progress.stored(unstored.mark);
    return true;
  }

  /** Stores that the shard is done, and stops. The lease is still to be given back. */
  async finish(): Promise<void> {
    this.#finished = true;
    await this.#store({ type: "SHARD_END" });
    this.#tell("finished");
    await this.close();
  }

  /** Stops reading and forgets what is buffered; the lease is still held, and acknowledgements still move the watermark. */
  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return await this.#running;
    const outstanding = this.#progress.unacknowledged;
    this.#stop.abort(
      new ClosedError(`The reader of ${this.shardId} is closed`),
    );
    this.#unacknowledged.leave();
    if (outstanding > 0) this.#events.outstanding(-outstanding);
    await this.#running;
    this.#reader.clear();
    this.#unpacked = [];
  }

  /** Whether a record that arrives now is the next one to be taken. */
  get #isNext(): boolean {
    return !this.#busy && this.#next === this.#unpacked.length &&
      !this.isPaused;
  }

  #unpack(): void {
    this.#raw = this.#reader.shift()!;
    this.#next = 0;
    this.#unpacked = [];
    const unpacked = this.#options.processor.unpack(this.#rawRecord());
    if (Array.isArray(unpacked)) this.#setUnpacked(unpacked);
    else this.#work(unpacked.then((items) => this.#setUnpacked(items)));
  }

  #oldest(): OldestUnacknowledged | undefined {
    const now = monotonicNow(this.#options.clock);
    return this.#watch.describe(this.#progress.oldest, now);
  }

  #tell(state: ShardEvent["state"]): void {
    const { hooks, stream } = this.#options;
    notify(hooks, "onShard", { stream, shardId: this.shardId, state });
  }

  #tellOnce(state: ShardEvent["state"]): void {
    if (this.#told.has(state)) return;
    this.#told.add(state);
    this.#tell(state);
  }

  async #store(checkpoint: Checkpoint): Promise<void> {
    await this.lease.write(checkpoint);
    const { hooks, stream } = this.#options;
    notify(hooks, "onCheckpoint", {
      stream,
      shardId: this.shardId,
      position: checkpoint.type === "SEQUENCE"
        ? checkpoint.sequenceNumber
        : checkpoint.type,
    });
  }

  #rawRecord() {
    const raw = this.#raw!;
    return {
      streamName: this.#options.streamName,
      shardId: this.shardId,
      partitionKey: raw.PartitionKey,
      sequenceNumber: raw.SequenceNumber,
      approximateArrivalTimestamp: raw.ApproximateArrivalTimestamp,
      data: raw.Data,
      encryptionType: raw.EncryptionType,
    };
  }

  #setUnpacked(items: Unpacked<T>[]): void {
    this.#unpacked = items;
    const { PartitionKey, SequenceNumber } = this.#raw!;
    this.#dropped = this.#strays?.among(items, PartitionKey) ?? NONE;
    if (this.#dropped.size === 0) return;
    this.#events.strayed(this.#dropped.size);
    const { hooks, stream } = this.#options;
    notify(hooks, "onStrays", {
      stream,
      shardId: this.shardId,
      sequenceNumber: SequenceNumber,
      values: this.#dropped.size,
    });
  }

  #handOut(item: Unpacked<T>): ConsumerRecord<T> | undefined {
    const raw = this.#raw!;
    const { subSequenceNumber } = item;
    const index = this.#next - 1;
    const isLast = this.#next === this.#unpacked.length;
    const ticket: Ticket = {
      sequenceNumber: raw.SequenceNumber,
      subSequenceNumber: isLast ? undefined : subSequenceNumber,
      done: false,
    };
    this.#progress.handOut(ticket);
    if (
      this.#dropped.has(index) || this.#wasProcessed(raw, subSequenceNumber)
    ) {
      this.#progress.acknowledge(ticket);
      return undefined;
    }
    if (item.type === "error") {
      this.#dropPoison(item.error, ticket);
      return undefined;
    }
    const record = new DeliveredRecord(item, raw, this.#source, ticket);
    // Nobody waits for acknowledgements then: the order of the stream is all there is.
    if (!this.#options.durable) record.ack();
    return record;
  }

  #wasProcessed(raw: KinesisApiRecord, sub: number): boolean {
    const resume = this.#resumeAfter;
    return resume?.sequenceNumber === raw.SequenceNumber && sub <= resume.sub;
  }

  #dropPoison(error: DecodeError, ticket: Ticket): void {
    const { onPoison } = this.#options;
    if (onPoison === "fail") throw error;
    if (onPoison === "skip") return this.#progress.acknowledge(ticket);
    const told: unknown = onPoison(error);
    if (told === undefined) return this.#progress.acknowledge(ticket);
    // Not only promises: JavaScript such as `(e) => dead.push(e)` returns any value.
    this.#work(
      Promise.resolve(told).then(() => this.#progress.acknowledge(ticket)),
    );
  }

  // The other shards go on meanwhile.
  #work(work: Promise<void>): void {
    this.#busy = true;
    work.then(() => {
      this.#busy = false;
      this.#reader.wake();
      this.#events.changed();
    }, (error) => {
      // Stays busy: nothing behind the failure is handed out.
      if (!this.#stop.signal.aborted) this.#events.failed(error);
    });
  }
}
