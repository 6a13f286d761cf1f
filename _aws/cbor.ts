/**
 * `application/x-amz-cbor-1.1`: the part of CBOR (RFC 8949) that AWS speaks, to and from plain objects.
 *
 * Blobs are byte strings. Times are tag 1 with **milliseconds**: RFC 8949 says seconds, but Kinesis and the SDKs for Java
 * send and expect whole milliseconds ({@link https://github.com/aws/aws-sdk-java-v2/pull/979},
 * {@link https://github.com/aws/aws-sdk-java-v2/issues/4661}). Nothing here needs `eval`, and nothing in an answer but
 * these shapes is acted upon, so it runs in Workers and on answers that nobody vouches for.
 *
 * @module
 */
import { ResponseError } from "../errors.ts";
import { CborReader } from "./cbor_reader.ts";
import type { CborValue } from "./cbor_value.ts";
import { CborWriter, sizeBound } from "./cbor_writer.ts";

export type { CborValue };

/** Options of {@linkcode decodeCbor}. */
export interface DecodeCborOptions {
  /** Deepest nesting of lists and maps that is accepted; Kinesis needs 4. @default {64} */
  maxDepth?: number;
  /** The HTTP status of the answer, for errors. @default {200} */
  status?: number;
}

/** Times below this are read as seconds, others as milliseconds: as seconds it is the year 5138, as milliseconds 1973. */
const SECONDS_BELOW = 100_000_000_000;

/**
 * Reads a time as the many servers write it: seconds (whole or fractional) or milliseconds since the epoch.
 * Which of the two is judged by size: below 10^11 it is seconds.
 *
 * @throws {RangeError} if there is no such time
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
 * Decodes one answer. Lists and maps may be of definite or indefinite length, strings may come in pieces. Maps become plain objects
 * (a key `__proto__` is a property like any other), integers beyond 2^53 become `bigint`, times become `Date`,
 * tags other than 1 are passed over.
 * Byte strings are views of `bytes`, not copies.
 *
 * @throws {ResponseError} if the bytes are not exactly one CBOR value of these shapes
 */
export function decodeCbor(
  bytes: Uint8Array<ArrayBuffer>,
  options: DecodeCborOptions = {},
): CborValue {
  const reader = new CborReader(bytes, options.maxDepth ?? 64, epochToDate);
  try {
    return reader.readAll();
  } catch (cause) {
    // The reader throws these two on purpose, and a DataView the second past the end.
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
 * @throws {TypeError} if a value is none of {@linkcode CborValue}, or is a time that does not exist
 */
export function encodeCbor(value: CborValue): Uint8Array<ArrayBuffer> {
  const writer = new CborWriter(sizeBound(value));
  writer.write(value);
  return writer.finish();
}
