/**
 * The records of one shard between its reader and the application, and how far reading has come.
 *
 * @module
 */
import type { LeaseLoad } from "../../checkpoint/mod.ts";
import { RecordView } from "../../_aws/record_view.ts";
import { Deque } from "../../_core/deque.ts";
import { hears, notify } from "../../_core/notify.ts";
import type { ChildShard, KinesisApiRecord } from "../../client/mod.ts";
import type { ExpiredEvent } from "../../hooks.ts";
import type { ShardPosition } from "../../records.ts";
import { tellExpired } from "./expired_records.ts";
import { LoadMeter } from "./load_meter.ts";
import type { ReaderShare, Size } from "./reader_share.ts";
import { ReaderVitals } from "./reader_vitals.ts";
import { isSettled, recordsBefore } from "./reading_end.ts";
import type { ReaderState, ShardRecords } from "./record_reader.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";
import { serviceNow } from "./service_now.ts";
import { ShardCursor } from "./shard_cursor.ts";
import type { SkippedRecords } from "../values/skipped_records.ts";

/** What a {@linkcode ShardIntake} works with. */
export interface IntakeParts {
  /** The shard. */
  readonly shardId: string;
  /** Where reading starts. */
  readonly position: ShardPosition;
  /** The options of the consumer. */
  readonly options: ConsumerSettings;
  /** The load of the shard as it was stored last. */
  readonly load: LeaseLoad | undefined;
  /** The part of this shard in what all shards may buffer. */
  readonly share: ReaderShare;
  /** Collects records that expired. */
  readonly skipped: SkippedRecords;
  /** Called when records have arrived or the state has changed. */
  readonly onChange: () => void;
}

/** What an answer says, apart from its records. */
export interface AnswerFacts {
  /** The records that are taken from it, and their bytes. */
  readonly size: Size;
  /** The last of these records. */
  readonly last: KinesisApiRecord | undefined;
  /** Whether records are known to lie behind them. */
  readonly isBehind: boolean;
  /** Whether the next record is the first that `until` leaves out. */
  readonly isPastUntil: boolean;
  /** Whether the shard is closed and nothing lies behind them. */
  readonly isEnd: boolean;
  /**
   * When the answer was asked for, in milliseconds since the epoch by the clock of the service,
   * rounded down.
   */
  readonly askedAt: number;
  /** The lag, in milliseconds. */
  readonly millisBehindLatest: number | undefined;
  /** The children of a closed shard. */
  readonly childShards: readonly ChildShard[] | undefined;
  /** The time of the request, in milliseconds. Only if the hook `onRead` asks for it. */
  readonly durationMs?: number;
}

/**
 * Filled by a reader, emptied by the session of the shard.
 */
export class ShardIntake implements ShardRecords {
  /** The position of reading. */
  readonly cursor: ShardCursor;
  readonly vitals: ReaderVitals;
  /** How much is read. */
  readonly meter: LoadMeter;
  readonly #parts: IntakeParts;
  readonly #buffer = new Deque<KinesisApiRecord>();
  #state: ReaderState = "opening";
  #hasCaughtUp = false;
  #millisBehindLatest: number | undefined;
  #childShardIds: readonly string[] = [];
  #hasExpired = false;

  /** Starts empty. */
  constructor(parts: IntakeParts) {
    const { shardId, position, options, load } = parts;
    this.#parts = parts;
    this.cursor = new ShardCursor(shardId, position, options);
    this.vitals = new ReaderVitals(options.clock);
    this.meter = new LoadMeter(options.clock, load);
  }

  get state(): ReaderState {
    return this.#state;
  }

  get hasIterator(): boolean {
    return this.cursor.hasIterator;
  }

  get hasCaughtUp(): boolean {
    return this.#hasCaughtUp && this.#state !== "ended";
  }

  get hasExpired(): boolean {
    return this.#hasExpired;
  }

  get millisBehindLatest(): number | undefined {
    return this.#millisBehindLatest;
  }

  get childShardIds(): readonly string[] {
    return this.#childShardIds;
  }

  get buffered(): number {
    return this.#buffer.length;
  }

  get bufferedBytes(): number {
    return this.#parts.share.held.bytes;
  }

  shift(): KinesisApiRecord | undefined {
    const record = this.#buffer.shift();
    if (record) this.#parts.share.free(RecordView.dataLength(record));
    return record;
  }

  peek(index: number): KinesisApiRecord | undefined {
    return this.#buffer.peek(index);
  }

  /** Whether there is nothing more to read. */
  get isOver(): boolean {
    return this.#state === "ended" || this.#state === "past-until";
  }

  clear(): void {
    this.#parts.share.leave();
    while (this.#buffer.shift());
  }

  /** Notes that reading has begun. */
  open(): void {
    if (this.#state !== "opening") return;
    this.#state = "reading";
    this.#parts.onChange();
  }

  /** The records in front of `until`. */
  beforeUntil(records: KinesisApiRecord[]): KinesisApiRecord[] {
    const { options: { until }, shardId } = this.#parts;
    return until instanceof Date
      ? recordsBefore(until, records, shardId)
      : records;
  }

  /** Buffers records, for which there is room, and moves the position behind them. */
  add(records: readonly KinesisApiRecord[]): void {
    for (const record of records) this.#buffer.push(record);
    const last = records.at(-1);
    if (last) this.cursor.moveBehind(last);
  }

  /** Hands out the records that were added, although their answer has more. */
  tell(): void {
    this.#parts.onChange();
  }

  /** Takes notice of what an answer says, after its records were added. */
  note(facts: AnswerFacts): void {
    const { size, last, isBehind, askedAt, millisBehindLatest } = facts;
    const { options: { stream, instance, hooks, until }, shardId, onChange } =
      this.#parts;
    this.#millisBehindLatest = millisBehindLatest;
    this.#childShardIds = facts.childShards?.map((it) => it.ShardId) ?? [];
    const isNew = last !== undefined && this.cursor.isNew(last);
    if (facts.isPastUntil) this.#state = "past-until";
    else if (facts.isEnd) this.#state = "ended";
    else if (isBehind) this.#state = "reading";
    else if (until instanceof Date && isSettled(until, askedAt)) {
      this.#state = "past-until";
    } else if (!last || isNew) this.#state = "caught-up";
    // A shard that is written to all the time never gives an empty answer, and one that is written
    // to faster than it is read is always behind. All records that existed when reading began were
    // read at the first record that arrived later.
    if (isNew || this.#state === "caught-up") this.#hasCaughtUp = true;
    this.meter.note(size, millisBehindLatest);
    if (hears(hooks, "onRead")) {
      const { durationMs } = facts;
      const event = {
        stream,
        instance,
        shardId,
        ...size,
        millisBehindLatest,
        durationMs,
      };
      notify(hooks, "onRead", event);
    }
    onChange();
  }

  /** Ends because the shard has expired. */
  expire(): void {
    const { position, time } = this.cursor;
    this.#hasExpired = true;
    this.tellExpired({
      what: "shard",
      after: position,
      afterTime: time,
      beforeTime: new Date(serviceNow(this.#parts.options)),
    });
    this.#state = "ended";
    this.#parts.onChange();
  }

  /**
   * Reports records that expired unread.
   *
   * @throws {KinesisError} `CheckpointExpired` if the policy is to fail
   */
  tellExpired(facts: Omit<ExpiredEvent, "stream" | "shardId">): void {
    const { options, shardId, skipped } = this.#parts;
    tellExpired({ shardId, ...facts }, skipped, options);
  }
}

/** The number of records and the bytes of their data. */
export function sizeOf(records: readonly KinesisApiRecord[]): Size {
  let bytes = 0;
  for (const record of records) bytes += RecordView.dataLength(record);
  return { records: records.length, bytes };
}
