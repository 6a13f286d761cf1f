/**
 * What the handles of the server take and give.
 *
 * @module
 */
import type { StreamMode } from "./_state/stream.ts";
import type { AcceptedCredentials } from "./_wire/signature.ts";

/** How {@linkcode KinesisServer.createStream} makes a stream. */
export interface CreateStreamOptions {
  /** Open shards to begin with; they divide the hash keys evenly. @default {1, or 4 in ON_DEMAND mode} */
  shards?: number;
  /** The capacity mode. @default {"PROVISIONED"} */
  mode?: StreamMode;
  /** Hours that a record can be read: 24 to 8760. @default {24} */
  retentionHours?: number;
  /** Largest record in KiB, data and key: 1024 to 10240. @default {1_024} */
  maxRecordSizeInKiB?: number;
  /**
   * What chooses the shard of a record: its keys, or, in ON_DEMAND mode only, the service itself. @default {"USER_PARTITION_KEY"}
   */
  recordDistributionStrategy?: "AUTO" | "USER_PARTITION_KEY";
}

/** What a client needs to talk to a server in memory. */
export interface ServerConnection {
  /** The region of the server. */
  readonly region: string;
  /** A key that the server accepts. */
  readonly credentials: AcceptedCredentials;
  /** Answers the client's requests. */
  readonly fetch: FetchHandler;
}

/** A function that is both a `fetch` for clients and a handler for servers. */
export interface FetchHandler {
  /** Answers a request, as `fetch` does. */
  (input: Request | URL | string, init?: RequestInit): Promise<Response>;
  /** Answers a request, as a handler of `Deno.serve` does; what the server knows about the connection is not used. */
  (request: Request, info: object): Promise<Response>;
}

/** What {@linkcode KinesisServer.createStream} made. */
export interface CreatedStream {
  /** The name of the stream. */
  readonly streamName: string;
  /** The ARN of the stream. */
  readonly streamARN: string;
  /** The ids of its shards in the order of their hash keys. */
  readonly shardIds: readonly string[];
}
