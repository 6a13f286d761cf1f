/**
 * The client for Kinesis Data Streams, usable alone.
 *
 * @module
 */
export { KinesisClient } from "./kinesis_client.ts";
export type {
  CallOptions,
  Fetch,
  KinesisClientOptions,
  RetryOptions,
} from "./options.ts";
export type { WaitOptions } from "./_wait.ts";
export type {
  ChildShard,
  CreateStreamRequest,
  DeleteStreamRequest,
  DescribeStreamSummaryRequest,
  DescribeStreamSummaryResponse,
  GetRecordsRequest,
  GetRecordsResponse,
  GetShardIteratorRequest,
  GetShardIteratorResponse,
  KinesisApiRecord,
  ListShardsRequest,
  ListShardsResponse,
  MergeShardsRequest,
  PutRecordRequest,
  PutRecordResponse,
  PutRecordsRequest,
  PutRecordsRequestEntry,
  PutRecordsResponse,
  PutRecordsResultEntry,
  Shard,
  ShardFilter,
  ShardIteratorType,
  SplitShardRequest,
  StreamDescriptionSummary,
  StreamStatus,
  StreamTarget,
} from "./types.ts";
export type {
  Credentials,
  CredentialsProvider,
  Environment,
} from "../credentials/mod.ts";
export type { AttemptEvent, ClientHooks } from "../hooks.ts";
export type { Clock } from "../_core/clock.ts";
