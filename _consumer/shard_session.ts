/**
 * One shard in the hands of this worker: its lease, its reader, and what has been handed out of it.
 *
 * @module
 */
import { notify } from "../_core/notify.ts";
import type { KinesisApiRecord } from "../client/mod.ts";
import { ClosedError, type DecodeError } from "../errors.ts";
import type { ShardEvent } from "../hooks.ts";
import type { Unpacked } from "../processors/mod.ts";
import type { Checkpoint, ConsumerRecord, ShardPosition } from "../records.ts";
import type { Strays } from "../_shards/strays.ts";
import type { HeldLease } from "./held_lease.ts";
import type { ResolvedConsumerOptions } from "./options.ts";
import { DeliveredRecord, type RecordSource } from "./record.ts";
import { type ReaderBudget, ShardReader } from "./shard_reader.ts";
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
  /** Whether the stream still has the shard. */
  isListed(): Promise<boolean>;
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
    budget: ReaderBudget,
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
      options as ResolvedConsumerOptions<never>,
      budget,
      {
        opened: () => {
          this.#tell("opened");
          events.opened();
        },
        isListed: () => events.isListed(),
        changed: () => {
          if (this.#reader.state === "caught-up") this.#tellOnce("caught-up");
          if (this.#reader.state === "ended") this.#tellOnce("ended");
          events.changed();
        },
      },
    );
    this.#progress = new ShardProgress((difference) => {
      if (!this.#stop.signal.aborted) events.outstanding(difference);
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

  /** Whether there is something to take right now. */
  get hasNext(): boolean {
    return !this.#busy && !this.#stop.signal.aborted &&
      (this.#next < this.#unpacked.length || this.#reader.buffered > 0);
  }

  /** The children that the last answer of a closed shard named; none if the server does not tell. */
  get childShardIds(): readonly string[] {
    return this.#reader.childShardIds;
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
   * Takes the next value; `undefined` when there is none now. Skips what a checkpoint inside an aggregated record says was
   * processed, and what the poison policy drops. Whatever takes time goes on by itself, and `changed` tells when it is done.
   */
  take(): ConsumerRecord<T> | undefined {
    while (this.hasNext) {
      if (this.#next < this.#unpacked.length) {
        const record = this.#handOut(this.#unpacked[this.#next++]!);
        if (record) return record;
        continue;
      }
      this.#raw = this.#reader.shift()!;
      this.#next = 0;
      this.#unpacked = [];
      const unpacked = this.#options.processor.unpack(this.#rawRecord());
      if (Array.isArray(unpacked)) this.#setUnpacked(unpacked);
      else this.#work(unpacked.then((items) => this.#setUnpacked(items)));
    }
    return undefined;
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
    if (outstanding > 0) this.#events.outstanding(-outstanding);
    await this.#running;
    this.#reader.clear();
    this.#unpacked = [];
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
    const told = onPoison(error);
    if (!told) return this.#progress.acknowledge(ticket);
    this.#work(told.then(() => this.#progress.acknowledge(ticket)));
  }

  // The other shards go on meanwhile.
  #work(work: Promise<void>): void {
    this.#busy = true;
    work.then(() => {
      this.#busy = false;
      this.#events.changed();
    }, (error) => {
      // Stays busy: nothing behind the failure is handed out.
      if (!this.#stop.signal.aborted) this.#events.failed(error);
    });
  }
}
