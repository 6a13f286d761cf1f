/**
 * The messages between the main process and the consumer process: JSON lines.
 *
 * @module
 */
import type { ShardStatus } from "@webstreams/kinesis";
import type { Connection } from "./connection.ts";

/** The argument of a consumer process. */
export interface ConsumerSettings {
  /** The address of Kinesis. */
  readonly connection: Connection;
  /** The stream. */
  readonly streamName: string;
  /** Whether the stream contains only records of this run. */
  readonly isOwnStream: boolean;
  /** The name of the processor. */
  readonly processor: string;
  /** The id of the run whose records are reported. */
  readonly run: string;
  /** The file of the checkpoints. */
  readonly checkpoints: string;
}

/** A record was processed. It is an array, since arrays of JSON are shorter than objects. */
export type RecordMessage = readonly [
  position: number,
  partitionKey: string,
  shardId: string,
  /** The hash of the partition key and the value. */
  fingerprint: number,
];

/** A report about the shards. */
export interface StatusMessage {
  readonly type: "status";
  /** Every shard of the stream. */
  readonly shards: readonly ShardStatus[];
  /** Bytes that the process has read. */
  readonly bytes: number;
  /** Number of records of other writers, which are skipped. */
  readonly foreign: number;
}

/** A message on the standard output of a consumer process. */
export type ConsumerMessage =
  | RecordMessage
  | StatusMessage
  /** The consumer reads every record that is written from now on. */
  | { readonly type: "ready" }
  /** The consumer has failed. */
  | { readonly type: "failed"; readonly message: string };
