/**
 * The actions by name.
 *
 * @module
 */
import type { Action } from "./action.ts";
import { createStream } from "./create_stream.ts";
import { deleteStream } from "./delete_stream.ts";
import { describeStream } from "./describe_stream.ts";
import { describeStreamSummary } from "./describe_stream_summary.ts";
import { getRecords } from "./get_records.ts";
import { getShardIterator } from "./get_shard_iterator.ts";
import { listShards } from "./list_shards.ts";
import { listStreams } from "./list_streams.ts";
import { mergeShards } from "./merge_shards.ts";
import { putRecord } from "./put_record.ts";
import { putRecords } from "./put_records.ts";
import { splitShard } from "./split_shard.ts";

/** Every action that the server answers. */
export const actions: ReadonlyMap<string, Action> = new Map(Object.entries({
  CreateStream: createStream,
  DeleteStream: deleteStream,
  DescribeStream: describeStream,
  DescribeStreamSummary: describeStreamSummary,
  GetRecords: getRecords,
  GetShardIterator: getShardIterator,
  ListShards: listShards,
  ListStreams: listStreams,
  MergeShards: mergeShards,
  PutRecord: putRecord,
  PutRecords: putRecords,
  SplitShard: splitShard,
}));
