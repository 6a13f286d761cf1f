/**
 * Parameter and result types of {@linkcode KinesisServer}.
 *
 * @module
 */
import type { StreamMode } from "./_state/stream.ts";
import type { AcceptedCredentials } from "./_wire/signature.ts";

/** Options of {@linkcode KinesisServer.createStream}. */
export interface CreateStreamOptions {
  /**
   * Number of open shards. They divide the hash keys evenly.
   * @default {1, or 4 in ON_DEMAND mode}
   */
  shards?: number;
  /** The capacity mode. @default {"PROVISIONED"} */
  mode?: StreamMode;
  /** Retention period in hours: 24 to 8 760. @default {24} */
  retentionHours?: number;
  /** Largest record in KiB, data and partition key: 1 024 to 10 240. @default {1_024} */
  maxRecordSizeInKiB?: number;
  /**
   * What chooses the shard of a record: its keys, or, in ON_DEMAND mode only, the service itself.
   * @default {"USER_PARTITION_KEY"}
   */
  recordDistributionStrategy?: "AUTO" | "USER_PARTITION_KEY";
}

/** Client options for an in-memory server; see {@linkcode KinesisServer.connection}. */
export interface ServerConnection {
  /** The region of the server. */
  readonly region: string;
  /** Credentials that the server accepts. */
  readonly credentials: AcceptedCredentials;
  /** The server's {@linkcode KinesisServer.fetch}. */
  readonly fetch: FetchHandler;
}

/** A function that can be both the `fetch` of a client and the handler of `Deno.serve`. */
export interface FetchHandler {
  /** Answers a request like `fetch`. */
  (input: Request | URL | string, init?: RequestInit): Promise<Response>;
  /** Answers a request like a handler of `Deno.serve`. The connection info is ignored. */
  (request: Request, info: object): Promise<Response>;
}

/** The result of {@linkcode KinesisServer.createStream}. */
export interface CreatedStream {
  /** The name of the stream. */
  readonly streamName: string;
  /** The ARN of the stream. */
  readonly streamARN: string;
  /** The shard ids in the order of their hash keys. */
  readonly shardIds: readonly string[];
}
