/**
 * Known differences between servers and AWS. The suite verifies the list: it fails for a difference
 * that is not listed, and for a listed difference that does not occur.
 *
 * @module
 */

/** A behaviour in which a server differs from AWS. */
export interface Difference {
  /** The id of the behaviour. */
  readonly id: string;
  /** The name of the server. */
  readonly where: "kinesalite" | "kinesis-local";
  /** Whose behaviour is correct by the documentation: always that of AWS. */
  readonly right: "AWS";
  /** What the server does instead. */
  readonly instead: string;
  /** Part of the expected failure message, so that no other failure is accepted. */
  readonly shows: RegExp;
  /** The page of the AWS documentation that describes the behaviour. */
  readonly page: string;
  /** How long to wait for an answer that never comes, in milliseconds; `undefined` where one comes. */
  readonly timeLimitMs?: number;
}

const API = "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_";
const SIGNATURE =
  "https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html";
const LIMITS =
  "https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html";

function difference(
  where: Difference["where"],
  page: string,
  id: string,
  instead: string,
  shows: RegExp,
): Difference {
  const url = page.startsWith("https:") ? page : `${API}${page}.html`;
  return { id, where, right: "AWS", instead, shows, page: url };
}

/** Many times longer than the emulators take to answer. */
const SILENCE_MS = 1_000;

/** All known differences. */
export const differences: readonly Difference[] = [
  {
    ...difference(
      "kinesalite",
      "GetShardIterator",
      "reading at a time without later records waits for the next",
      "never answers GetShardIterator",
      /TimeoutError/,
    ),
    timeLimitMs: SILENCE_MS,
  },
  difference(
    "kinesalite",
    "GetRecords",
    "MillisBehindLatest is measured to now",
    "always says 0",
    /is 0, must be over \d+/,
  ),
  difference(
    "kinesalite",
    "GetRecords",
    "the end of a shard names its children",
    "has no ChildShards",
    /is undefined, must be \["shardId-000000000001"/,
  ),
  difference(
    "kinesalite",
    "PutRecord",
    "a stream can be named by its ARN",
    "wants a StreamName",
    /null at 'streamName'/,
  ),
  difference(
    "kinesalite",
    "ListShards",
    "ListShards pages with a token that stands alone",
    "ignores MaxResults",
    /is 3, must be 2/,
  ),
  difference(
    "kinesalite",
    "ListShards",
    "ListShards shows the open shards, when it is filtered",
    "ignores ShardFilter",
    /is \["shardId-000000000000",.*must be \["shardId-000000000001"/,
  ),
  difference(
    "kinesalite",
    "UpdateShardCount",
    "UpdateShardCount leaves as many open shards as were asked for",
    "does not know the action",
    /UnknownOperationException/,
  ),
  difference(
    "kinesalite",
    LIMITS,
    "a shard takes 1 MiB a second",
    "takes everything",
    /nothing was throttled/,
  ),
  difference(
    "kinesalite",
    "GetRecords",
    "a shard answers 5 GetRecords a second",
    "answers all",
    /nothing was throttled/,
  ),
  difference(
    "kinesalite",
    SIGNATURE,
    "a wrong signature is refused",
    "does not look at signatures",
    /signature was not refused/,
  ),
  difference(
    "kinesalite",
    "GetRecords",
    "CBOR is taken and answered with byte strings",
    "answers CBOR that cannot be decoded",
    /Unexpected end of CBOR data/,
  ),
  difference(
    "kinesalite",
    "RegisterStreamConsumer",
    "consumers are registered, listed and deregistered",
    "does not know the action",
    /RegisterStreamConsumer: .*UnknownOperationException/,
  ),
  ...[
    "SubscribeToShard sends records as events",
    "SubscribeToShard begins with initial-response",
    "SubscribeToShard refuses a bad request with status 400",
    "SubscribeToShard ends a closed shard with its children",
  ].map((id) =>
    difference(
      "kinesalite",
      "SubscribeToShard",
      id,
      "has no consumers",
      /RegisterStreamConsumer: .*UnknownOperationException/,
    )
  ),
  difference(
    "kinesis-local",
    "CreateStream",
    "the shards of a new stream divide the hash keys evenly",
    "is off by one at the boundary",
    /"EndingHashKey":"170141183460469231731687303715884105726".*, must be /,
  ),
  difference(
    "kinesis-local",
    "PutRecords",
    "PutRecords takes at most 500 records",
    "takes any number",
    /"FailedRecordCount":0/,
  ),
  difference(
    "kinesis-local",
    "PutRecords",
    "PutRecords refuses a record over the stream's size as a whole",
    "fails that one record and stores the others",
    /"FailedRecordCount":1/,
  ),
  difference(
    "kinesis-local",
    "GetRecords",
    "a shard iterator that makes no sense is InvalidArgumentException",
    "answers status 500 without a body",
    /is \[500,"none"\], must be \[400,"InvalidArgumentException"\]/,
  ),
  difference(
    "kinesis-local",
    "GetRecords",
    "MillisBehindLatest is measured to now",
    "measures to the newest record of the shard",
    /is \d+, must be over \d+/,
  ),
  difference(
    "kinesis-local",
    LIMITS,
    "a shard takes 1 MiB a second",
    "takes everything",
    /nothing was throttled/,
  ),
  difference(
    "kinesis-local",
    "GetRecords",
    "a shard answers 5 GetRecords a second",
    "answers all",
    /nothing was throttled/,
  ),
  difference(
    "kinesis-local",
    SIGNATURE,
    "a wrong signature is refused",
    "does not look at signatures",
    /signature was not refused/,
  ),
  difference(
    "kinesis-local",
    "GetRecords",
    "CBOR is taken and answered with byte strings",
    "answers Data as base64 text",
    /Data is no byte string/,
  ),
  difference(
    "kinesis-local",
    "SubscribeToShard",
    "SubscribeToShard begins with initial-response",
    "begins with the first event",
    /is "SubscribeToShardEvent", must be "initial-response"/,
  ),
  difference(
    "kinesis-local",
    "SubscribeToShard",
    "SubscribeToShard refuses a bad request with status 400",
    "answers status 200 and an exception in the stream",
    /is 200, must be 400/,
  ),
  {
    ...difference(
      "kinesis-local",
      "SubscribeToShard",
      "SubscribeToShard ends a closed shard with its children",
      "goes on without an end",
      /children were not named/,
    ),
    timeLimitMs: SILENCE_MS,
  },
];
