/**
 * `application/x-amz-cbor-1.1`: the subset of CBOR (RFC 8949) that AWS uses, to and from plain
 * objects.
 *
 * Blobs are byte strings. Times are tag 1 with **milliseconds**: RFC 8949 says seconds, but Kinesis
 * and the SDKs for Java send and expect whole milliseconds
 * ({@link https://github.com/aws/aws-sdk-java-v2/pull/979},
 * {@link https://github.com/aws/aws-sdk-java-v2/issues/4661}). The code uses no `eval`, so it runs
 * in Workers. It accepts only these types, so it is safe for answers from an untrusted server.
 *
 * @module
 */
import { ResponseError } from "../errors.ts";
import { CborReader, type CborRecordReader } from "./cbor_reader.ts";
import type { CborValue } from "./cbor_value.ts";
import { CborWriter, sizeBound } from "./cbor_writer.ts";

export type { CborValue };

/** Options of {@linkcode decodeCbor}. */
export interface DecodeCborOptions {
  /**
   * The deepest accepted nesting of lists, maps and tags. Kinesis needs 4.
   * @default {64}
   */
  maxDepth?: number;
  /**
   * The HTTP status of the answer, for errors.
   * @default {200}
   */
  status?: number;
  /** Reads the items of the list `Records` of the outermost map, where it can. */
  records?: CborRecordReader;
}

/**
 * Times below this number are read as seconds, others as milliseconds. As seconds it is in the year
 * 5138, as milliseconds in 1973.
 */
const SECONDS_BELOW = 100_000_000_000;

/**
 * Converts a number to a `Date`. Servers differ: some send seconds since the epoch (whole or
 * fractional), some milliseconds. A number below 10^11 is read as seconds. For example, 1 700 000
 * 000 and 1 700 000 000 000 are the same time in 2023.
 *
 * @throws {RangeError} if the number is outside the range of `Date`
 */
export function epochToDate(epoch: number | bigint): Date {
  const number = Number(epoch);
  const isSeconds = Math.abs(number) < SECONDS_BELOW;
  const date = new Date(Math.round(isSeconds ? number * 1000 : number));
  if (Number.isNaN(date.getTime())) {
    throw new RangeError(`Cannot read ${epoch} as a time`);
  }
  return date;
}

/**
 * Decodes one answer. Accepts lists, maps and strings of definite and of indefinite length. Maps
 * become plain objects (a key `__proto__` becomes an ordinary property), integers above 2^53 - 1
 * become `bigint`, and times become `Date`. Tags other than 1 are ignored. Byte strings are views
 * of `bytes`, not copies.
 *
 * @throws {ResponseError} if the bytes are not exactly one CBOR value of these types
 */
export function decodeCbor(
  bytes: Uint8Array<ArrayBuffer>,
  options: DecodeCborOptions = {},
): CborValue {
  const { maxDepth = 64, records } = options;
  const reader = new CborReader(bytes, maxDepth, epochToDate, records);
  try {
    return reader.readAll();
  } catch (cause) {
    // The reader throws these two for invalid input. A DataView throws a RangeError past its end.
    if (!(cause instanceof SyntaxError || cause instanceof RangeError)) {
      throw cause;
    }
    throw new ResponseError(
      `Cannot decode CBOR answer of ${bytes.length} bytes: ${cause.message} at byte ${reader.offset}`,
      { status: options.status ?? 200, cause },
    );
  }
}

/**
 * Encodes one request.
 *
 * @throws {TypeError} if a value is not a {@linkcode CborValue}, or is an invalid `Date`
 */
export function encodeCbor(value: CborValue): Uint8Array<ArrayBuffer> {
  const writer = new CborWriter(sizeBound(value));
  writer.write(value);
  return writer.finish();
}
