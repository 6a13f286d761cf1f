/**
 * The traits of Kinesis Data Streams among AWS services.
 *
 * @module
 */
import { cborCodec } from "../_aws/cbor_codec.ts";
import { hintFor } from "../_aws/error_hints.ts";
import { jsonCodec } from "../_aws/json_codec.ts";
import {
  MAX_QUEUE_RESPONSE_BYTES,
  MAX_RESPONSE_BYTES,
} from "../_aws/limits.ts";
import type { Service } from "../_service/service.ts";

/** Actions that answer with records of a queue. */
const RECEIVE_ACTIONS = new Set([
  "ReceiveDeadLetterQueueRecords",
  "ReceiveQueueRecords",
]);

/** Kinesis Data Streams. */
export const KINESIS: Service = {
  name: "Kinesis",
  owner: "KinesisClient",
  signingName: "kinesis",
  targetPrefix: "Kinesis_20131202",
  settingsName: "KINESIS",
  codecOf(contentType, requested) {
    if (contentType?.includes("json")) return jsonCodec;
    if (contentType?.includes("cbor")) return cborCodec;
    return requested;
  },
  maxResponseBytes: (action) =>
    RECEIVE_ACTIONS.has(action) ? MAX_QUEUE_RESPONSE_BYTES : MAX_RESPONSE_BYTES,
  hintFor,
};
