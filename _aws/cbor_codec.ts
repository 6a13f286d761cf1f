/**
 * The CBOR protocol: `application/x-amz-cbor-1.1`, blobs as byte strings, times as milliseconds.
 *
 * @module
 */
import { normalizeAnswer, type ScalarReaders } from "./answer.ts";
import { type CborValue, decodeCbor, encodeCbor, epochToDate } from "./cbor.ts";
import { type Codec, errorBodyOf } from "./codec.ts";

/** The CBOR protocol. */
export const cborCodec: Codec = {
  contentType: "application/x-amz-cbor-1.1",

  encode(_action, request) {
    return encodeCbor(request as CborValue);
  },

  decode(_action, body) {
    // Actions without an answer send an empty body.
    if (body.length === 0) return {};
    return normalizeAnswer(decodeCbor(body), readers);
  },

  decodeError(body) {
    try {
      return errorBodyOf(decodeCbor(body));
    } catch {
      return {};
    }
  },
};

const readers: ScalarReaders = {
  blob(value) {
    if (!(value instanceof Uint8Array)) {
      throw new TypeError("a blob is not a byte string");
    }
    // A copy: whoever transfers the buffer of one record to a worker must not take all the others with it, and whoever
    // keeps one record must not keep the whole answer.
    return value.slice() as Uint8Array<ArrayBuffer>;
  },
  time(value) {
    // Tag 1 has become a date already; some servers leave the tag out.
    if (value instanceof Date) return value;
    if (typeof value === "number" || typeof value === "bigint") {
      return epochToDate(value);
    }
    throw new TypeError("a time is not a number");
  },
};
