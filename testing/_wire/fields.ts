/**
 * The members that many requests share.
 *
 * @module
 */
import { MAX_TAGS } from "../_state/limits.ts";
import {
  type Field,
  list,
  required,
  structure,
  text,
  textMap,
  timestamp,
} from "./shape.ts";

/** A stream by which a list is filtered. */
export interface StreamFilter {
  readonly StreamARN: string;
  /** Milliseconds since the epoch. */
  readonly StreamCreationTimestamp?: number;
}

/** The name of a stream, registered consumer, queue or channel. */
export const resourceName: Field<string> = text({
  min: 1,
  max: 128,
  pattern: /^[a-zA-Z0-9_.-]+$/,
});
/** The ARN of a stream. */
export const streamArn: Field<string> = text({
  min: 1,
  max: 2_048,
  pattern: /^arn:aws.*:kinesis:.*:\d{12}:stream\/\S+$/,
});
/** The ARN of a stream or registered consumer. */
export const resourceArn: Field<string> = text({
  min: 1,
  max: 2_048,
  pattern: /^arn:aws.*:kinesis:.*:\d{12}:[a-z-]+\/\S+$/,
});
/** The ARN of a registered consumer. */
export const consumerArn: Field<string> = text({
  min: 1,
  max: 2_048,
  pattern:
    /^arn:aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+$/,
});
/** The ARN of a queue. */
export const queueArn: Field<string> = text({
  min: 1,
  max: 2_048,
  pattern: /^arn:aws.*:kinesis:.*:\d{12}:queue\/\S+$/,
});
/** The ARN of a channel. */
export const channelArn: Field<string> = text({
  min: 1,
  max: 2_048,
  pattern: /^arn:aws.*:kinesis:.*:\d{12}:channel\/\S+$/,
});
/** Streams by which a list of queues or channels is filtered. */
export const streamFilter: Field<readonly StreamFilter[]> = list(
  structure({
    StreamARN: required(streamArn),
    StreamCreationTimestamp: timestamp,
  }),
  { min: 1, max: 10_000 },
);
/** The id of a shard. */
export const shardId: Field<string> = text({
  min: 1,
  max: 128,
  pattern: /^[a-zA-Z0-9_.-]+$/,
});
/** A sequence number. */
export const sequenceNumber: Field<string> = text({
  pattern: /^(0|([1-9]\d{0,128}))$/,
});
/** A hash key in decimal. */
export const hashKey: Field<string> = text({
  pattern: /^(0|([1-9]\d{0,38}))$/,
});
/** The token of the next page. */
export const nextToken: Field<string> = text({ min: 1, max: 1_048_576 });
/** Tags by key. */
export const tags: Field<Map<string, string>> = textMap({
  max: MAX_TAGS,
  key: text({ min: 1, max: 128 }),
  value: text({ max: 256 }),
});
/** A stream by name, ARN or both. */
export const streamReference: {
  readonly StreamName: Field<string>;
  readonly StreamARN: Field<string>;
} = { StreamName: resourceName, StreamARN: streamArn };
/** The capacity modes. */
export const streamMode: Field<"PROVISIONED" | "ON_DEMAND"> = text({
  values: ["PROVISIONED", "ON_DEMAND"],
});
/** The type of a starting position. */
export const iteratorType: Field<
  | "AFTER_SEQUENCE_NUMBER"
  | "LATEST"
  | "AT_TIMESTAMP"
  | "AT_SEQUENCE_NUMBER"
  | "TRIM_HORIZON"
> = text({
  values: [
    "AFTER_SEQUENCE_NUMBER",
    "LATEST",
    "AT_TIMESTAMP",
    "AT_SEQUENCE_NUMBER",
    "TRIM_HORIZON",
  ],
});
