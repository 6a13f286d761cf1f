/**
 * What the consumer process and the one that started it tell each other: JSON lines.
 *
 * @module
 */
import type { ShardStatus } from "@webstreams/kinesis";
import type { Connection } from "./connection.ts";

/** What a consumer process is started with. */
export interface ConsumerSettings {
  /** How to reach Kinesis. */
  readonly connection: Connection;
  /** The stream. */
  readonly streamName: string;
  /** Whether the stream holds only what this run writes. */
  readonly isOwnStream: boolean;
  /** The name of the processor. */
  readonly processor: string;
  /** The run whose records count. */
  readonly run: string;
  /** The file that keeps the checkpoints. */
  readonly checkpoints: string;
}

/** A record was processed. An array, since there is one for every record. */
export type RecordMessage = readonly [
  position: number,
  partitionKey: string,
  shardId: string,
  /** Of the partition key and the value. */
  fingerprint: number,
];

/** How the consumer stands. */
export interface StatusMessage {
  readonly type: "status";
  /** Every shard of the stream. */
  readonly shards: readonly ShardStatus[];
  /** Bytes that this process has read. */
  readonly bytes: number;
  /** Records of other writers, which were passed over. */
  readonly foreign: number;
}

/** What a consumer process writes to its standard output. */
export type ConsumerMessage =
  | RecordMessage
  | StatusMessage
  /** Whatever is written from now on will be read. */
  | { readonly type: "ready" }
  /** It cannot go on. */
  | { readonly type: "failed"; readonly message: string };
