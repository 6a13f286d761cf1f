/**
 * What a processor is: the pair of directions between values and Kinesis records.
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

/** What a {@linkcode Packer} needs to know. */
export interface PackerOptions<P extends Put<unknown>> {
  /** Largest Kinesis record in bytes, the UTF-8 partition key included. @default {1_048_576} */
  maxRecordBytes?: number;
  /** Takes each finished record, in order. */
  emit: (record: EncodedRecord<P>) => void;
  /**
   * Names the shard that a key is predicted to go to; framings that mix keys never mix shards.
   * `undefined` means not known yet: such values are not mixed with others. Flush the packer before the answers change:
   * that keeps the order per partition key.
   */
  shardOf?: (
    partitionKey: string,
    explicitHashKey: string | undefined,
  ) => string | undefined;
  /**
   * Lets small records share an `ArrayBuffer` with others of their shard, which is cheaper: for callers that do not transfer
   * or keep `data.buffer`. @default {false}
   */
  sharesMemory?: boolean;
}

/**
 * Turns puts into Kinesis records, synchronously where it can: this is the path that the producer uses.
 * All state of an encoding lives here; a {@linkcode Processor} has none.
 */
export interface Packer<P extends Put<unknown>> {
  /**
   * Adds one value. Emits whatever becomes full. The promise, if any, resolves when the packer can take more, and rejects if this
   * value cannot become a record, which a compressing packer may only find out later.
   *
   * @throws {InvalidRecordError} if the value alone is too large or cannot be serialized; the packer is as before then
   */
  push(put: P): void | Promise<void>;
  /** Emits everything that is still inside; the promise, if any, resolves when that has happened. */
  flush(): void | Promise<void>;
  /** How many values are inside. */
  readonly pending: number;
  /** About how many bytes they take, so that a producer can bound its memory; absent if the packer holds back nothing. */
  readonly pendingBytes?: number;
}

/** One value of a Kinesis record, or the reason why it could not be decoded. */
export type Unpacked<T> =
  | {
    readonly type: "value";
    readonly value: T;
    readonly partitionKey: string;
    readonly explicitHashKey?: string;
    readonly subSequenceNumber: number;
  }
  | {
    readonly type: "error";
    readonly error: DecodeError;
    readonly subSequenceNumber: number;
  };

/** Options of {@linkcode Processor.encoder}. */
export interface EncoderOptions {
  /** Largest Kinesis record in bytes, the UTF-8 partition key included. @default {1_048_576} */
  maxRecordBytes?: number;
  /** Longest time that a value waits for others to share its record, in milliseconds. Default: until the stream closes. */
  lingerMs?: number;
  /** Names the shard that a key is predicted to go to; see {@linkcode PackerOptions.shardOf}. */
  shardOf?: (
    partitionKey: string,
    explicitHashKey: string | undefined,
  ) => string | undefined;
  /** What measures `lingerMs`. Default: the clock of the runtime. */
  clock?: Clock;
}

/** Options of {@linkcode Processor.decoder}. */
export interface DecoderOptions {
  /**
   * What happens to a value that cannot be decoded: `"fail"` errors the stream, `"skip"` drops it,
   * a function is told and the value is dropped. @default {"fail"}
   */
  onPoison?: "fail" | "skip" | ((error: DecodeError) => void | Promise<void>);
}

/** Which values a record may hold: one, several of one partition key, or several of one shard. */
export type FrameScope = "record" | "key" | "shard";

/** What {@linkcode Processor.itemsOf} returns. */
export type ItemsOfRecord =
  | readonly (string | Uint8Array<ArrayBuffer>)[]
  | undefined
  | Promise<readonly (string | Uint8Array<ArrayBuffer>)[] | undefined>;

/** Values to Kinesis records and back. Stateless: one processor may serve many streams. */
export interface Processor<T> {
  /** What it does, for messages: for example `gzip(json+newline)`. */
  readonly name: string;
  /** Which values one Kinesis record may hold. */
  readonly scope: FrameScope;
  /** Makes the state of one encoding. */
  createPacker<P extends Put<T>>(options: PackerOptions<P>): Packer<P>;
  /**
   * Serializes a value for later: packers take the result from {@linkcode Put.item}. Without it, a value that is changed
   * while it waits is packed as it is then.
   *
   * @throws if the value cannot be serialized
   */
  itemOf?(value: T): string | Uint8Array<ArrayBuffer>;
  /**
   * Takes a record apart into what {@linkcode Processor.itemOf} made of its values, in order: those are packed again without
   * serializing the values again. `undefined` if the record is not one of this processor's.
   */
  itemsOf?(record: EncodedRecord<Put<T>>): ItemsOfRecord;
  /** Decodes one record into its values, in order. Never throws for bad data: that is an `error` item. */
  unpack(record: KinesisRecord): Unpacked<T>[] | Promise<Unpacked<T>[]>;
  /** A stream from values to records. */
  encoder(
    options?: EncoderOptions,
  ): TransformStream<Put<T>, EncodedRecord<Put<T>>>;
  /** A stream from records to values. */
  decoder(
    options?: DecoderOptions,
  ): TransformStream<KinesisRecord, DecodedRecord<T>>;
}
