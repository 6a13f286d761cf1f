/**
 * Parameter and result types of {@linkcode KinesisServer}.
 *
 * @module
 */
import type { QueueStatus } from "./_state/queue.ts";
import type { StreamMode } from "./_state/stream.ts";
import type { AcceptedCredentials } from "./_wire/signature.ts";

/** Options of {@linkcode KinesisServer.createStream}. */
export interface CreateStreamOptions {
  /**
   * Number of open shards. They divide the hash keys evenly.
   * @default {1, or 4 in ON_DEMAND mode}
   */
  shards?: number;
  /**
   * The capacity mode.
   * @default {"PROVISIONED"}
   */
  mode?: StreamMode;
  /**
   * Retention period in hours: 24 to 8 760.
   * @default {24}
   */
  retentionHours?: number;
  /**
   * Largest record in KiB, data and partition key: 1 024 to 10 240.
   * @default {1_024}
   */
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

/** Options of {@linkcode KinesisServer.createQueue}. */
export interface CreateQueueOptions {
  /**
   * The name of the queue.
   * @default {the name of the stream, with `-queue` appended}
   */
  name?: string;
  /**
   * Where delivery begins: with the oldest record, with the next record, or with the first record
   * that arrived at a time or later.
   * @default {"LATEST"}
   */
  startingPosition?: "TRIM_HORIZON" | "LATEST" | Date;
  /**
   * How long a received record stays in flight, in seconds: 0 to 43 200.
   * @default {30}
   */
  visibilityTimeoutSeconds?: number;
  /**
   * How often a record is received without an acknowledgement before it becomes a dead letter: 1 to
   * 1 000. With `false`, no record becomes one.
   * @default {6}
   */
  maxReceiveCount?: number | false;
}

/** The result of {@linkcode KinesisServer.createQueue}. */
export interface CreatedQueue {
  /** The name of the queue. */
  readonly queueName: string;
  /** The ARN of the queue. */
  readonly queueARN: string;
  /** The id of the queue: the last part of its ARN. */
  readonly queueId: string;
  /** The status of the queue. */
  readonly status: QueueStatus;
}

/** The state of a queue; see {@linkcode KinesisServer.queue}. */
export interface QueueState extends CreatedQueue {
  /** The name of the stream whose records the queue delivers. */
  readonly streamName: string;
  /** The records that can be received, in the order of their arrival. */
  readonly visible: readonly QueuedRecord[];
  /** The records that were received, and neither acknowledged nor visible again. */
  readonly inFlight: readonly QueuedRecord[];
  /** The dead letters, both visible and in flight. */
  readonly deadLetters: readonly QueuedRecord[];
}

/** A record of a queue. */
export interface QueuedRecord {
  /** The id of the record, the same in every queue and at every delivery. */
  readonly recordId: string;
  /** The shard of the stream that holds the record. */
  readonly shardId: string;
  /** The partition key. Absent if the record has none. */
  readonly partitionKey?: string;
  /** The data. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** When the record arrived in the stream. */
  readonly approximateArrivalTimestamp: Date;
  /** When the record was first received. Absent before. */
  readonly firstReceiveTimestamp?: Date;
  /** How often the record was received since it arrived or was restored. */
  readonly receiveCount: number;
  /** When the record becomes visible again. Present only if it is in flight. */
  readonly visibleAt?: Date;
}
