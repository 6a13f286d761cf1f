/**
 * The values of one shard: decodes its records one by one and hands out their values one by one.
 *
 * @module
 */
import { RecordView } from "../../_aws/record_view.ts";
import { notify } from "../../_core/notify.ts";
import type { KinesisApiRecord } from "../../client/mod.ts";
import type { DecodeError } from "../../errors.ts";
import type { Unpacked } from "../../processors/mod.ts";
import type {
  ConsumerRecord,
  KinesisRecord,
  ShardPosition,
} from "../../records.ts";
import type { ShardRecords } from "../reading/record_reader.ts";
import type { Acknowledgements } from "./acknowledgements.ts";
import {
  DeliveredRecord,
  type RecordShard,
  type RecordSource,
} from "./record.ts";
import type { ResolvedConsumerOptions } from "../options/resolved_options.ts";
import type { ShardProgress, Ticket } from "./shard_progress.ts";
import type { SkippedRecords } from "./skipped_records.ts";
import type { Strays } from "../../_shards/strays.ts";
import { UnpackAhead } from "./unpack_ahead.ts";

const NONE: ReadonlySet<number> = new Set();

/** What {@linkcode ShardValues} works with. */
export interface ShardValuesParts<T> {
  /** The shard. */
  readonly shardId: string;
  /** Where reading started: values up to here, inside a record, are skipped. */
  readonly position: ShardPosition;
  /** The options of the consumer. */
  readonly options: ResolvedConsumerOptions<T>;
  /** Buffers the records. */
  readonly records: Pick<ShardRecords, "buffered" | "shift" | "peek">;
  /** Tracks which values are acknowledged. */
  readonly progress: ShardProgress;
  /** Tells how values are acknowledged. */
  readonly acknowledgements: Pick<Acknowledgements, "areManaged">;
  /** The session of the shard. */
  readonly shard: RecordShard;
  /** Finds values that lie in the wrong shard. Without it no value is dropped for that reason. */
  readonly strays: Strays | undefined;
  /** Counts the values that are dropped. */
  readonly skipped: SkippedRecords;
  /** Once it is aborted, nothing is handed out. */
  readonly signal: AbortSignal;
  /** Called when work that took time has ended. */
  readonly onChange: () => void;
}

/** Takes values out of the records of a reader. */
export class ShardValues<T> {
  readonly #parts: ShardValuesParts<T>;
  readonly #source: RecordSource;
  readonly #records: UnpackAhead<T>;
  /** The record that is being handed out. */
  #raw: KinesisApiRecord | undefined;
  #items: Unpacked<T>[] = [];
  /** The part of each item in the bytes of the record. */
  #bytesOfItem = 0;
  /** The indexes of items that are dropped. */
  #dropped: ReadonlySet<number> = NONE;
  /** The index of the next item. */
  #next = 0;
  #busyWith: "decode" | "poison" | undefined;
  /** The error of work that took time. The next {@linkcode ShardValues.take} throws it. */
  #failure: { readonly error: unknown } | undefined;

  /** Starts without a record. */
  constructor(parts: ShardValuesParts<T>) {
    const { options, shardId, progress, shard, records } = parts;
    this.#parts = parts;
    const { streamName, target } = options;
    const streamARN = "StreamARN" in target ? target.StreamARN : undefined;
    this.#source = { streamName, streamARN, shardId, progress, shard };
    this.#records = new UnpackAhead({
      records,
      processor: options.processor,
      recordOf: (raw) => this.#kinesisRecord(raw),
    });
  }

  /** Whether a value can be taken now, or an error. */
  get hasNext(): boolean {
    return !this.isBusy && !this.#parts.signal.aborted &&
      (this.#failure !== undefined || !this.isBetweenRecords ||
        this.#parts.records.buffered > 0);
  }

  /** Whether a record is being decoded or a value that cannot be decoded is being handled. */
  get isBusy(): boolean {
    return this.#busyWith !== undefined;
  }

  /** Whether it is a record that is being decoded, or a value that cannot be decoded. */
  get busyWith(): "decode" | "poison" | undefined {
    return this.#busyWith;
  }

  /** Whether the next value comes from the next record. */
  get isBetweenRecords(): boolean {
    return this.#next === this.#items.length;
  }

  /** The record that is taken from the buffer, if not all of its values are handed out. */
  get opened(): KinesisApiRecord | undefined {
    return this.isBusy || this.#failure || !this.isBetweenRecords
      ? this.#raw
      : undefined;
  }

  /**
   * Takes the next value of one record; `undefined` if the record has none to hand out now. Skips
   * values that were processed before the start, and values that are dropped. Asynchronous decoding
   * and handling of poison go on in the background; `onChange` is called when they are done.
   *
   * @throws {DecodeError} if a value cannot be decoded and the policy is to fail. An error of the
   * policy, or of the processor, is passed on
   */
  take(): ConsumerRecord<T> | undefined {
    if (!this.hasNext) return undefined;
    if (this.#failure) throw this.#failure.error;
    if (this.isBetweenRecords) this.#unpack();
    let record: ConsumerRecord<T> | undefined;
    while (!record && !this.isBusy && !this.isBetweenRecords) {
      record = this.#handOut(this.#items[this.#next++]!);
    }
    // A record may keep its whole answer in memory.
    if (this.isBetweenRecords && !this.isBusy) this.#raw = undefined;
    return record;
  }

  /** Drops the values that are decoded. */
  clear(): void {
    this.#dropItems();
    this.#records.clear();
    if (!this.isBusy) this.#raw = undefined;
  }

  #dropItems(): void {
    this.#items = [];
    this.#next = 0;
  }

  #unpack(): void {
    this.#dropItems();
    const { raw, unpacked } = this.#records.shift();
    this.#raw = raw;
    if (Array.isArray(unpacked)) this.#setItems(unpacked);
    else {
      this.#work("decode", unpacked.then((items) => this.#setItems(items)));
    }
  }

  #kinesisRecord(raw: KinesisApiRecord): KinesisRecord {
    const { streamName, streamARN, shardId } = this.#source;
    return {
      streamName,
      streamARN,
      shardId,
      partitionKey: raw.PartitionKey,
      sequenceNumber: raw.SequenceNumber,
      approximateArrivalTimestamp: raw.ApproximateArrivalTimestamp,
      data: raw.Data,
      encryptionType: raw.EncryptionType,
    };
  }

  #setItems(items: Unpacked<T>[]): void {
    const { strays, skipped, shardId, options } = this.#parts;
    const raw = this.#raw!;
    this.#items = items;
    this.#bytesOfItem = Math.ceil(RecordView.dataLength(raw) / items.length);
    if (items.length === 0) this.#passEmpty(raw);
    this.#dropped = strays?.among(items, raw.PartitionKey) ?? NONE;
    const values = this.#dropped.size;
    if (values === 0) return;
    skipped.addStrays(values);
    notify(options.hooks, "onStrays", {
      stream: options.stream,
      shardId,
      sequenceNumber: raw.SequenceNumber,
      values,
    });
  }

  /** Marks a record without values as processed, so that the checkpoint can pass it. */
  #passEmpty(raw: KinesisApiRecord): void {
    this.#parts.progress.pass({
      sequenceNumber: raw.SequenceNumber,
      subSequenceNumber: undefined,
      arrival: raw.ApproximateArrivalTimestamp,
      done: false,
    });
  }

  #handOut(item: Unpacked<T>): ConsumerRecord<T> | undefined {
    const { options, progress, acknowledgements } = this.#parts;
    const raw = this.#raw!;
    const ticket: Ticket = {
      sequenceNumber: raw.SequenceNumber,
      // Absent for the last item: after it the whole record is processed.
      subSequenceNumber: this.isBetweenRecords
        ? undefined
        : item.subSequenceNumber,
      arrival: raw.ApproximateArrivalTimestamp,
      done: false,
    };
    if (this.#dropped.has(this.#next - 1) || this.#wasProcessed(raw, item)) {
      progress.pass(ticket);
      return undefined;
    }
    if (item.type === "error") {
      progress.handOut(ticket);
      this.#dropPoison(item.error, ticket);
      return undefined;
    }
    // Without a checkpointer a value counts as processed when it is handed out.
    if (options.durable || acknowledgements.areManaged) {
      progress.handOut(ticket);
    } else progress.pass(ticket);
    const bytes = this.#bytesOfItem;
    return new DeliveredRecord(item, raw, this.#source, ticket, bytes);
  }

  /** Whether the item lies before a checkpoint inside its record. */
  #wasProcessed(
    raw: KinesisApiRecord,
    { subSequenceNumber }: Unpacked<T>,
  ): boolean {
    const { position } = this.#parts;
    return position.type === "SEQUENCE" &&
      position.subSequenceNumber !== undefined &&
      position.sequenceNumber === raw.SequenceNumber &&
      subSequenceNumber <= position.subSequenceNumber;
  }

  #dropPoison(error: DecodeError, ticket: Ticket): void {
    const { options: { onPoison } } = this.#parts;
    if (typeof onPoison !== "function") {
      return this.#decided(onPoison, error, ticket);
    }
    const result: unknown = onPoison(error);
    if (result === undefined) return this.#decided("skip", error, ticket);
    // Not only promises: JavaScript such as `(e) => dead.push(e)` returns any value.
    const handled = Promise.resolve(result).then((decision) => {
      // A misspelled decision must not acknowledge the value.
      if (typeof decision === "string" && decision !== "skip") {
        if (decision !== "fail") throw unknownDecision(decision, error);
        return this.#decided("fail", error, ticket);
      }
      this.#decided("skip", error, ticket);
    });
    this.#work("poison", handled);
  }

  /** Throws the error if the decision is to fail. */
  #decided(
    decision: "skip" | "fail",
    error: DecodeError,
    ticket: Ticket,
  ): void {
    const { options: { hooks, stream }, progress, shardId } = this.#parts;
    const { sequenceNumber } = error.record;
    notify(hooks, "onDecodeError", {
      stream,
      shardId,
      sequenceNumber,
      error,
      decision,
    });
    if (decision === "fail") throw error;
    progress.acknowledge(ticket);
  }

  /**
   * Hands out nothing of this shard until the work is done. If the work fails, nothing more is
   * handed out, and the next {@linkcode ShardValues.take} throws the error. Other shards go on.
   */
  #work(what: "decode" | "poison", work: Promise<void>): void {
    const { onChange } = this.#parts;
    const end = (failure?: { error: unknown }) => {
      this.#failure = failure;
      this.#busyWith = undefined;
      onChange();
    };
    this.#busyWith = what;
    work.then(() => end(), (error) => end({ error }));
  }
}

function unknownDecision(decision: string, cause: DecodeError): TypeError {
  return new TypeError(
    'Cannot read the stream as \'onPoison\' must return "fail", "skip" or no text: it has returned ' +
      JSON.stringify(decision),
    { cause },
  );
}
