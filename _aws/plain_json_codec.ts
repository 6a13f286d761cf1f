/**
 * The AWS JSON protocol 1.0 without conversions: for services whose answers hold JSON values only.
 *
 * @module
 */
import { type Codec, errorBodyOf } from "./codec.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Requests and answers are the JSON objects of the service. */
export const plainJsonCodec: Codec = {
  contentType: "application/x-amz-json-1.0",
  encode: (_action, request) => encoder.encode(JSON.stringify(request)),
  decode(_action, body) {
    const answer: unknown = JSON.parse(decoder.decode(body));
    if (typeof answer === "object" && answer !== null) return answer;
    throw new TypeError("the answer is not an object");
  },
  decodeError(body) {
    try {
      return errorBodyOf(JSON.parse(decoder.decode(body)));
    } catch {
      return {};
    }
  },
};
