/**
 * Compressed records around any processor.
 *
 * @module
 */
import { DecodeError } from "../errors.ts";
import type { KinesisRecord } from "../records.ts";
import { CompressedPacker } from "./_compressed_packer.ts";
import { compress, type CompressionName, decompress } from "./_compression.ts";
import { damagedRecord } from "./_errors.ts";
import { boundedOption } from "./_limit.ts";
import { withStreams } from "./create_processor.ts";
import { concat } from "./_frame.ts";
import type { Processor, Unpacked } from "./processor.ts";

/** Options of {@linkcode gzip}. */
export interface CompressionOptions {
  /**
   * Most bytes that one record may decompress to; a record that would exceed it is a `DecodeError`. Guards against bombs: a
   * megabyte can decompress to a gigabyte. @default {33_554_432}
   */
  maxDecompressedBytes?: number;
}

/** Options of {@linkcode deflateRaw}. */
export interface DeflateRawOptions extends CompressionOptions {
  /**
   * What a record is that does not start with the marker which {@linkcode deflateRaw} writes: `"plain"` data, or `"compressed"`
   * by a writer that knows nothing of the marker. @default {"plain"}
   */
  unmarked?: "plain" | "compressed";
}

const DEFAULT_MAX_DECOMPRESSED_BYTES = 33_554_432;
const LARGEST_MAX_DECOMPRESSED_BYTES = 2 ** 31 - 1;

const GZIP_MAGIC = Uint8Array.of(0x1f, 0x8b, 0x08);
/** An empty stored block. Every inflater reads over it, and no text, netstring or aggregated record starts like this. */
const DEFLATE_MARKER = Uint8Array.of(0x00, 0x00, 0x00, 0xff, 0xff);

/**
 * Compresses the records of another processor with gzip.
 *
 * Reading recognizes gzip by its first three bytes; anything else goes to the inner processor as it is, so a stream may be
 * switched to gzip at any time. Bytes of the inner processor that themselves start like gzip are safe: they were compressed
 * once more. A value too large for a record is compressed alone, and fits if the result does.
 *
 * @throws {RangeError} if an option is out of range
 *
 * @example
 * ```ts
 * import { gzip, jsonLines } from "@webstreams/kinesis/processors";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const processor = gzip(jsonLines<string>());
 * assertEquals(processor.name, "gzip(json+newline)");
 * const { writable, readable } = processor.encoder();
 * const writer = writable.getWriter();
 * writer.write({ value: "x".repeat(100_000), partitionKey: "k" });
 * writer.close();
 * for await (const record of readable) assert(record.data.length < 1000);
 * ```
 */
export function gzip<T>(
  inner: Processor<T>,
  options: CompressionOptions = {},
): Processor<T> {
  return compressed(inner, options, {
    name: "gzip",
    prefix: new Uint8Array(),
    detect: (data) => startsWith(data, GZIP_MAGIC),
  });
}

/**
 * Compresses the records of another processor with raw deflate: 13 bytes less than gzip, and no checksum.
 *
 * Raw deflate has no magic number, and plain text can pass for it. So records start with an empty stored block,
 * `00 00 00 FF FF`, which every inflater reads over; reading takes a record for compressed if it starts like this. For
 * records of other writers see {@linkcode DeflateRawOptions.unmarked}.
 *
 * @throws {RangeError} if an option is out of range
 */
export function deflateRaw<T>(
  inner: Processor<T>,
  options: DeflateRawOptions = {},
): Processor<T> {
  const { unmarked = "plain" } = options;
  if (unmarked !== "plain" && unmarked !== "compressed") {
    throw new RangeError(
      `Cannot use deflateRaw as 'unmarked' must be "plain" or "compressed": current value is ${unmarked}`,
    );
  }
  return compressed(inner, options, {
    name: "deflate-raw",
    prefix: DEFLATE_MARKER,
    detect: (data) =>
      unmarked === "compressed" || startsWith(data, DEFLATE_MARKER),
  });
}

interface Format {
  readonly name: CompressionName;
  /** What the writer puts in front of the compressed stream. */
  readonly prefix: Uint8Array;
  /** Whether bytes are compressed. */
  detect(data: Uint8Array): boolean;
}

function compressed<T>(
  inner: Processor<T>,
  { maxDecompressedBytes = DEFAULT_MAX_DECOMPRESSED_BYTES }: CompressionOptions,
  { name, prefix, detect }: Format,
): Processor<T> {
  boundedOption(
    name,
    "maxDecompressedBytes",
    maxDecompressedBytes,
    LARGEST_MAX_DECOMPRESSED_BYTES,
  );
  const fullName = `${name}(${inner.name})`;
  const compressor = {
    detect,
    async compress(data: Uint8Array<ArrayBuffer>) {
      const stream = await compress(data, name);
      return prefix.length === 0
        ? stream
        : concat([prefix, stream], prefix.length + stream.length);
    },
  };
  async function unpackCompressed(
    record: KinesisRecord,
  ): Promise<Unpacked<T>[]> {
    let data: Uint8Array<ArrayBuffer>;
    try {
      data = await decompress(record.data, name, maxDecompressedBytes);
    } catch (cause) {
      return [damagedRecord(record, 0, fullName, cause)];
    }
    const items = await inner.unpack({ ...record, data });
    return items.map((item) => withRawRecord(item, record));
  }
  return withStreams({
    name: fullName,
    scope: inner.scope,
    createPacker: (options) => new CompressedPacker(inner, compressor, options),
    itemOf: inner.itemOf && ((value) => inner.itemOf!(value)),
    itemsOf: inner.itemsOf && (async (record) => {
      if (!detect(record.data)) return inner.itemsOf!(record);
      const data = await decompress(record.data, name, Infinity);
      return inner.itemsOf!({ ...record, data });
    }),
    unpack: (record) =>
      detect(record.data) ? unpackCompressed(record) : inner.unpack(record),
  });
}

/** An error shows the record as Kinesis returned it, not what it decompressed to. */
function withRawRecord<T>(
  item: Unpacked<T>,
  record: KinesisRecord,
): Unpacked<T> {
  if (item.type === "value") return item;
  const { message, cause, subSequenceNumber } = item.error;
  const error = new DecodeError(message, { record, subSequenceNumber, cause });
  return { ...item, error };
}

function startsWith(data: Uint8Array, prefix: Uint8Array): boolean {
  return data.length >= prefix.length &&
    prefix.every((byte, i) => data[i] === byte);
}
