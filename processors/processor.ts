/**
 * The interface of processors, which convert values to Kinesis records and back.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import type { DecodeError } from "../errors.ts";
import type {
  DecodedRecord,
  EncodedRecord,
  KinesisRecord,
  Put,
} from "../records.ts";

/** Options of a {@linkcode Packer}. */
export interface PackerOptions<P extends Put<unknown>> {
  /**
   * The largest Kinesis record in bytes, data and UTF-8 partition key.
   * @default {1_048_576}
   */
  maxRecordBytes?: number;
  /** Called with each finished record, in order. */
  emit: (record: EncodedRecord<P>) => void;
  /**
   * Predicts the shard of a key. Framings that pack several keys into a record never mix shards.
   * `undefined` means that the shard is not known yet; such values get records of their own. Flush
   * the packer before the predictions change, to keep the order per partition key.
   */
  shardOf?: (
    partitionKey: string,
    explicitHashKey: string | undefined,
  ) => string | undefined;
  /**
   * Whether small records may share an `ArrayBuffer` with other records of their shard, which is
   * faster. Set it only if `data.buffer` is neither transferred nor kept.
   * @default {false}
   */
  sharesMemory?: boolean;
  /**
   * Whether the writer sends a whole record again if one of its values lies outside of the shard
   * that has stored it. Framings that mix keys then mark their records, so that a `Consumer` drops
   * such a record: all its values arrive again.
   * @default {false}
   */
  resendsStrays?: boolean;
}

/**
 * Packs values into Kinesis records, synchronously where possible. The producer uses this
 * interface. A packer holds all state of one encoding; a {@linkcode Processor} has no state.
 */
export interface Packer<P extends Put<unknown>> {
  /**
   * Adds one value and emits the records that are full. If a promise is returned, it resolves when
   * the packer can take more. It rejects if this value cannot become a record: a compressing packer
   * finds that out only after compression.
   *
   * @throws {InvalidRecordError} if the value alone is too large or cannot be serialized. The
   * packer is unchanged then
   */
  push(put: P): void | Promise<void>;
  /**
   * Emits all pending values. If a promise is returned, it resolves when they have been emitted.
   */
  flush(): void | Promise<void>;
  /** The number of pending values: pushed but not emitted. */
  readonly pending: number;
  /**
   * The approximate size of the pending values in bytes, by which a producer bounds its memory.
   * Absent if the packer never keeps values.
   */
  readonly pendingBytes?: number;
}

/**
 * One decoded value of a Kinesis record, or the error of a value that cannot be decoded. `resent`
 * says that the writer sends the whole record again if one of its values lies outside of the shard
 * that stored it; see {@linkcode PackerOptions.resendsStrays}.
 */
export type Unpacked<T> =
  | {
    readonly type: "value";
    readonly value: T;
    readonly partitionKey?: string;
    readonly explicitHashKey?: string;
    readonly subSequenceNumber: number;
    readonly resent?: true;
  }
  | {
    readonly type: "error";
    readonly error: DecodeError;
    readonly subSequenceNumber: number;
  };

/** Options of {@linkcode Processor.encoder}. */
export interface EncoderOptions {
  /**
   * The largest Kinesis record in bytes, data and UTF-8 partition key.
   * @default {1_048_576}
   */
  maxRecordBytes?: number;
  /**
   * The longest time that a value waits for more values of its record, in milliseconds: 0 to
   * 2 147 483 647. With `Infinity` it waits until the record is full or the stream closes.
   * @default {Infinity}
   */
  lingerMs?: number;
  /** Predicts the shard of a key; see {@linkcode PackerOptions.shardOf}. */
  shardOf?: (
    partitionKey: string,
    explicitHashKey: string | undefined,
  ) => string | undefined;
  /**
   * The clock that measures `lingerMs`.
   * @default {the clock of the runtime}
   */
  clock?: Clock;
}

/** Options of {@linkcode Processor.decoder}. */
export interface DecoderOptions {
  /**
   * What to do with a value that cannot be decoded. `"fail"` errors the stream, `"skip"` drops the
   * value, and a function is called with the error before the value is dropped.
   * @default {"fail"}
   */
  onPoison?: "fail" | "skip" | ((error: DecodeError) => void | Promise<void>);
}

/**
 * Which values can share a record: none (`"record"`), those of one partition key, or of one shard.
 */
export type FrameScope = "record" | "key" | "shard";

/** The values of a record in serialized form, see {@linkcode Processor.itemsOf}. */
export type ItemsOfRecord =
  | readonly (string | Uint8Array<ArrayBuffer>)[]
  | undefined
  | Promise<readonly (string | Uint8Array<ArrayBuffer>)[] | undefined>;

/**
 * Converts values to Kinesis records and back. It has no state, so many streams can use one
 * processor.
 */
export interface Processor<T> {
  /** The name, for messages: for example `gzip(json+newline)`. */
  readonly name: string;
  /** Which values can share a record. */
  readonly scope: FrameScope;
  /** Makes a packer, which holds the state of one encoding. */
  createPacker<P extends Put<T>>(options: PackerOptions<P>): Packer<P>;
  /**
   * Serializes a value for later: packers take the result from {@linkcode Put.item}. Without this
   * method, a value that the program changes while it waits is packed in its changed form.
   *
   * @throws if the value cannot be serialized
   */
  itemOf?(value: T): string | Uint8Array<ArrayBuffer>;
  /**
   * Splits a record into the results of {@linkcode Processor.itemOf} for its values, in order, so
   * that they can be packed again without serializing the values again. `undefined` if another
   * processor made the record.
   */
  itemsOf?(record: EncodedRecord<Put<T>>): ItemsOfRecord;
  /**
   * Decodes one record into its values, in order. Invalid data never throws: it becomes an `error`
   * item.
   */
  unpack(record: KinesisRecord): Unpacked<T>[] | Promise<Unpacked<T>[]>;
  /** Makes a stream that encodes values to records. */
  encoder(
    options?: EncoderOptions,
  ): TransformStream<Put<T>, EncodedRecord<Put<T>>>;
  /** Makes a stream that decodes records to values. */
  decoder(
    options?: DecoderOptions,
  ): TransformStream<KinesisRecord, DecodedRecord<T>>;
}
