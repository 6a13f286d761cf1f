/**
 * Compression of records, for any processor.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { concat } from "../_core/bytes.ts";
import { DecodeError } from "../errors.ts";
import type { KinesisRecord } from "../records.ts";
import { CompressedPacker } from "./_compressed_packer.ts";
import {
  compress,
  type CompressionName,
  decompress,
  isMissing,
} from "./_compression.ts";
import { damagedRecord } from "./_errors.ts";
import { withStreams } from "./create_processor.ts";
import type { Processor, Unpacked } from "./processor.ts";

/** Options of {@linkcode gzip}. */
export interface CompressionOptions {
  /**
   * The most bytes that one record may decompress to. A record that exceeds the limit is a
   * `DecodeError`. It protects against decompression bombs: 1 MB can decompress to 1 GB.
   * @default {33_554_432}
   */
  maxDecompressedBytes?: number;
}

/** Options of {@linkcode deflateRaw}. */
export interface DeflateRawOptions extends CompressionOptions {
  /**
   * How to read a record without the marker that {@linkcode deflateRaw} writes: as `"plain"` data,
   * or as `"compressed"` by another writer, without the marker.
   * @default {"plain"}
   */
  unmarked?: "plain" | "compressed";
}

const DEFAULT_MAX_DECOMPRESSED_BYTES = 33_554_432;
const LARGEST_MAX_DECOMPRESSED_BYTES = 2 ** 31 - 1;

const GZIP_MAGIC = Uint8Array.of(0x1f, 0x8b, 0x08);
/**
 * An empty stored block. Inflaters ignore it, and no text, netstring or KPL record starts with it.
 */
const DEFLATE_MARKER = Uint8Array.of(0x00, 0x00, 0x00, 0xff, 0xff);

/**
 * Compresses the records of another processor with gzip.
 *
 * Readers recognize gzip by its first three bytes and pass other records to the inner processor
 * unchanged. So writers of a stream can be switched to gzip at any time. Records of the inner
 * processor that themselves start like gzip are always compressed once more, so they are read
 * correctly. A value that exceeds the record size is compressed alone, and is accepted if the
 * compressed record fits.
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
 * Compresses the records of another processor with raw deflate. A record has 13 bytes less than
 * with gzip, and no checksum.
 *
 * Raw deflate has no magic number, and some plain text is valid raw deflate. So records start with
 * a marker: an empty stored block, `00 00 00 FF FF`, which inflaters ignore. Readers treat records
 * with this marker as compressed. For records of other writers see
 * {@linkcode DeflateRawOptions.unmarked}. Node.js has raw deflate since version 20.12.
 *
 * @throws {RangeError} if `maxDecompressedBytes` is out of range
 * @throws {TypeError} if `unmarked` is not one of its values, or if the runtime has no raw deflate
 */
export function deflateRaw<T>(
  inner: Processor<T>,
  options: DeflateRawOptions = {},
): Processor<T> {
  const check = new OptionCheck("Cannot use deflateRaw");
  check.methods("options", options);
  const unmarked = check.choice(
    "unmarked",
    options.unmarked,
    ["plain", "compressed"],
    "plain",
  );
  return compressed(inner, options, {
    name: "deflate-raw",
    prefix: DEFLATE_MARKER,
    detect: (data) =>
      unmarked === "compressed" || startsWith(data, DEFLATE_MARKER),
  });
}

interface Format {
  readonly name: CompressionName;
  /** The marker that is written before the compressed stream. May be empty. */
  readonly prefix: Uint8Array;
  /** Whether to read bytes as compressed. */
  detect(data: Uint8Array): boolean;
}

function compressed<T>(
  inner: Processor<T>,
  options: CompressionOptions,
  { name, prefix, detect }: Format,
): Processor<T> {
  const check = new OptionCheck(`Cannot use ${name}`);
  check.methods("inner", inner ?? null, "createPacker", "unpack");
  check.methods("options", options);
  const maxDecompressedBytes = check.number(
    "maxDecompressedBytes",
    options.maxDecompressedBytes,
    {
      default: DEFAULT_MAX_DECOMPRESSED_BYTES,
      least: 1,
      most: LARGEST_MAX_DECOMPRESSED_BYTES,
      integer: true,
    },
  );
  if (isMissing(name)) {
    throw new TypeError(
      check.refusal(
        `this runtime has no CompressionStream of "${name}": Node.js has it from 20.12 on, Bun from 1.3.6`,
      ),
    );
  }
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

/** Puts the original record into an error, in place of the decompressed record. */
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
