/**
 * The CBOR protocol: `application/x-amz-cbor-1.1`, blobs as byte strings, times as milliseconds.
 *
 * @module
 */
import { Slabs } from "../_core/slabs.ts";
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
    return normalizeAnswer(decodeCbor(body), readersOf(new Slabs()));
  },

  decodeError(body) {
    try {
      return errorBodyOf(decodeCbor(body));
    } catch {
      return {};
    }
  },
};

function readersOf(slabs: Slabs): ScalarReaders {
  return {
    blob(value) {
      if (!(value instanceof Uint8Array)) {
        throw new TypeError("a blob is not a byte string");
      }
      // A copy: whoever keeps one record must not keep the whole answer.
      return slabs.copy(value);
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
}
