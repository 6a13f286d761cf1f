/**
 * The framing of one value per Kinesis record.
 *
 * @module
 */
import { setBatchForm } from "../_core/batch_form.ts";
import { isBytes } from "../_core/bytes.ts";
import { listOf, type Mutable, plainObjects } from "../_core/young_objects.ts";
import { Slabs } from "../_core/slabs.ts";
import { encodeUtf8, encodeUtf8Into, utf8Length } from "../_core/utf8.ts";
import type { EncodedRecord, KinesisRecord, Put } from "../records.ts";
import { damagedItem, notSerializable, tooLarge } from "./_errors.ts";
import { recordLimit } from "./_record_limit.ts";
import type { Framing } from "./framing.ts";
import type { Packer, PackerOptions, Unpacked } from "./processor.ts";
import type { Serializer, TextCodec } from "./serializer.ts";

/** A framing with one value per Kinesis record. Each value is emitted as soon as it is pushed. */
export function single(): Framing {
  return framing;
}

const framing: Framing = {
  name: "single",
  scope: "record",
  createPacker<T, P extends Put<T>>(
    serializer: Serializer<T>,
    options: PackerOptions<P>,
  ): Packer<P> {
    const limit = recordLimit(options);
    const bytesOf = options.sharesMemory
      ? sharingEncoder(serializer, options)
      : (put: P) => serializeToKeep(serializer, put);
    return {
      pending: 0,
      push(put) {
        options.emit(recordOf(put, bytesOf(put), limit));
      },
      flush() {},
    };
  },
  unpack: /* @__PURE__ */ setBatchForm(unpackRecord, unpackAll),
};

/** Several records, without an object for each. */
export interface RecordBatch {
  /** The number of records. */
  readonly length: number;
  /** The text of each record; `undefined` for the records that `deserialize` must decode. */
  texts(): readonly (string | undefined)[];
  /** The partition key of a record, by its index. */
  partitionKeyOf(index: number): string | undefined;
  /** A whole record, by its index. */
  recordOf(index: number): KinesisRecord;
}

/** Decodes several records at once, each as `unpack` of the framing does. Each has one item. */
export type UnpackAll = typeof unpackAll;

function unpackRecord<T>(
  serializer: Serializer<T>,
  record: KinesisRecord,
): Unpacked<T>[] {
  return [decodeOne(serializer, record)];
}

function unpackAll<T>(
  serializer: Serializer<T>,
  batch: RecordBatch,
): Unpacked<T>[] {
  const { text: codec } = serializer;
  const texts = codec ? batch.texts() : [];
  const items: Unpacked<T>[] = [];
  for (let i = 0; i < batch.length; i++) {
    const text = texts[i];
    items.push(
      text === undefined
        ? decodeOne(serializer, batch.recordOf(i))
        : parseOne(codec!, text, batch, i, serializer.name),
    );
  }
  return items;
}

function parseOne<T>(
  codec: TextCodec<T>,
  text: string,
  batch: RecordBatch,
  index: number,
  format: string,
): Unpacked<T> {
  try {
    return itemOf(codec.parse(text), batch.partitionKeyOf(index));
  } catch (cause) {
    return damagedItem(batch.recordOf(index), 0, format, cause);
  }
}

function itemOf<T>(value: T, partitionKey: string | undefined): Unpacked<T> {
  return { type: "value", value, partitionKey, subSequenceNumber: 0 };
}

/** All slabs in use are bounded: with more shards, the slab of each is smaller. */
const SLAB_BYTES = { least: 8192, most: 32_768, ofAll: 1024 * 1024 };
const MOST_SLABS = 1024;

// Records share memory only within a shard, since they are acknowledged in nearly the order in
// which they were made. If shards shared memory, one slow shard would keep the memory of all shards
// alive.
function sharingEncoder<T, P extends Put<T>>(
  serializer: Serializer<T>,
  { shardOf }: PackerOptions<P>,
): (put: P) => Uint8Array<ArrayBuffer> {
  const byShard = new Map<string | undefined, Slabs>();
  const slabsOf = ({ partitionKey, explicitHashKey }: P): Slabs => {
    const shard = shardOf?.(partitionKey, explicitHashKey);
    let slabs = byShard.get(shard);
    if (!slabs) {
      // The map is bounded, since resharding produces new shard ids without end.
      if (byShard.size >= MOST_SLABS) byShard.clear();
      byShard.set(shard, slabs = new Slabs(slabBytes(byShard.size + 1)));
    }
    return slabs;
  };
  const { name, text } = serializer;
  if (text) {
    return (put) => {
      const written = stringifyValue(name, text, put);
      return encodeUtf8Into(slabsOf(put), written);
    };
  }
  return (put) => {
    const bytes = serializeValue(serializer, put);
    return isValueItself(put, bytes) ? slabsOf(put).copy(bytes) : bytes;
  };
}

function slabBytes(shards: number): number {
  const { least, most, ofAll } = SLAB_BYTES;
  return Math.max(least, Math.min(most, Math.floor(ofAll / shards)));
}

/**
 * Makes a record of one value from its bytes. `limit` is the largest record in bytes.
 *
 * @throws {InvalidRecordError} if the record would be too large
 */
export function recordOf<P extends Put<unknown>>(
  put: P,
  data: Uint8Array<ArrayBuffer>,
  limit: number,
): EncodedRecord<P> {
  const { partitionKey, explicitHashKey } = put;
  const size = data.length + utf8Length(partitionKey);
  if (size > limit) throw tooLarge(put, size, limit);
  const record = new OneValueRecord(
    data,
    partitionKey,
    explicitHashKey,
    size,
    put,
  );
  return record as EncodedRecord<P>;
}

const OneValueRecord = /* @__PURE__ */ plainObjects(
  function (
    this: Mutable<EncodedRecord>,
    data: Uint8Array<ArrayBuffer>,
    partitionKey: string,
    explicitHashKey: string | undefined,
    size: number,
    put: Put<unknown>,
  ) {
    this.data = data;
    this.partitionKey = partitionKey;
    if (explicitHashKey !== undefined) this.explicitHashKey = explicitHashKey;
    this.size = size;
    this.puts = listOf(put);
  },
);

/** Decodes a record as one value. */
export function decodeOne<T>(
  serializer: Serializer<T>,
  record: KinesisRecord,
): Unpacked<T> {
  try {
    return itemOf(serializer.deserialize(record.data), record.partitionKey);
  } catch (cause) {
    return damagedItem(record, 0, serializer.name, cause);
  }
}

/**
 * Serializes a value.
 *
 * @throws {InvalidRecordError} if the serializer throws or does not return bytes
 */
export function serializeValue<T>(
  serializer: Serializer<T>,
  put: Put<T>,
): Uint8Array<ArrayBuffer> {
  const { item } = put;
  if (item !== undefined) {
    return typeof item === "string" ? encodeUtf8(item) : item;
  }
  let bytes: Uint8Array;
  try {
    bytes = serializer.serialize(put.value);
    // A result without a numeric length would make the count of buffered bytes NaN.
    if (!isBytes(bytes)) throw new TypeError("its bytes are no Uint8Array");
  } catch (cause) {
    throw notSerializable(put, serializer.name, cause);
  }
  return bytes.buffer instanceof ArrayBuffer
    ? bytes as Uint8Array<ArrayBuffer>
    : bytes.slice(); // shared memory may change before it is sent
}

/**
 * The bytes of a value, copied if they are the value itself, since the caller may reuse its buffer.
 *
 * @throws {InvalidRecordError} if the serializer throws or does not return bytes
 */
export function serializeToKeep<T>(
  serializer: Serializer<T>,
  put: Put<T>,
): Uint8Array<ArrayBuffer> {
  return own(put, serializeValue(serializer, put));
}

/** A copy of the bytes if they are the value itself. */
export function own<T>(
  put: Put<T>,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  return isValueItself(put, bytes) ? bytes.slice() : bytes;
}

function isValueItself(put: Put<unknown>, bytes: Uint8Array): boolean {
  return bytes === put.value;
}

/**
 * The text of a value.
 *
 * @throws {InvalidRecordError} if the serializer throws
 */
export function stringifyValue<T>(
  name: string,
  codec: TextCodec<T>,
  put: Put<T>,
): string {
  if (typeof put.item === "string") return put.item;
  try {
    return codec.stringify(put.value);
  } catch (cause) {
    throw notSerializable(put, name, cause);
  }
}
