/**
 * Queues: creating, describing, listing, changing and deleting them. The names are those of the
 * API. `Data` is a `Uint8Array`, and times are `Date`. A field that the service does not set is
 * absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */

/** The states of a queue. It delivers records while it is `ACTIVE` or `UPDATING`. */
export type QueueStatus = "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";

/** Where the records of a queue start. */
export interface QueueStartingPosition {
  /** At the oldest record, at the records that are written from now on, or at a time. */
  Type: "TRIM_HORIZON" | "LATEST" | "AT_TIMESTAMP";
  /** The time to start at. In requests only with `AT_TIMESTAMP`, which needs it. */
  Timestamp?: Date;
}

/** A stream whose records a queue delivers. */
export interface QueueStreamConfiguration {
  /** The ARN of the stream. It must be on demand. */
  StreamARN: string;
  /**
   * Where the records start.
   * @default {LATEST}
   */
  StartingPosition?: QueueStartingPosition;
}

/** What happens to records that are delivered often without an acknowledgement. */
export interface DeadLetterConfiguration {
  /** `BUILT_IN`: they become dead letters of the queue. `NONE`: they are delivered again. */
  TargetType: "BUILT_IN" | "NONE";
  /**
   * The number of deliveries after which a record is a dead letter: 1 to 1000. `BUILT_IN` needs it;
   * a queue that is created without a `DeadLetterConfiguration` has 6.
   */
  MaxReceiveCount?: number;
}

/** The settings of a queue. */
export interface QueueAttributes {
  /**
   * How long a received record is invisible to other receivers, in seconds: 0 to 43 200 (12 hours).
   * A receive request may give another time. Records that are in flight keep their time when it is
   * changed.
   * @default {30}
   */
  VisibilityTimeoutSeconds?: number;
  /** What happens to records that are delivered often without an acknowledgement. */
  DeadLetterConfiguration?: DeadLetterConfiguration;
}

/** Request of `CreateQueue`. Needs the permission `kinesis:AssociateStreamsWithQueue` as well. */
export interface CreateQueueRequest {
  /** The name, 1 to 128 characters of `a-zA-Z0-9_.-`, unique in the account and region. */
  QueueName: string;
  /** The stream. Exactly one. */
  StreamConfigurationList: readonly QueueStreamConfiguration[];
  /** The settings. */
  QueueAttributes?: QueueAttributes;
  /** Tags by key, up to 50. */
  Tags?: Record<string, string>;
}

/** A queue: by its ARN. */
export interface QueueTarget {
  /** The ARN of the queue. */
  QueueARN: string;
}

/** Request of `DeleteQueue`. */
export type DeleteQueueRequest = QueueTarget;

/** Request of `DescribeQueue`. */
export type DescribeQueueRequest = QueueTarget;

/** Request of `UpdateQueue`. */
export interface UpdateQueueRequest extends QueueTarget {
  /** The settings to change. Settings that are absent stay as they are. */
  QueueAttributes: QueueAttributes;
}

/** The description of a queue. */
export interface QueueDescription {
  /** The name. */
  QueueName: string;
  /** The ARN. It contains an id and not the name. */
  QueueARN: string;
  /** The state. */
  QueueStatus: QueueStatus;
  /** When it was created. */
  QueueCreationTimestamp: Date;
  /** The stream. */
  StreamConfigurationList: QueueStreamConfiguration[];
  /** The settings. */
  QueueAttributes?: QueueAttributes;
}

/** Answer of `CreateQueue`, `DescribeQueue` and `UpdateQueue`. */
export interface QueueResponse {
  /** The queue. */
  QueueDescription: QueueDescription;
}

/** A stream of a queue, also one of several that have had the same name. */
export interface QueueStreamIdentifier {
  /** The ARN of the stream. */
  StreamARN: string;
  /** When the stream was created. */
  StreamCreationTimestamp: Date;
}

/** A stream whose queues are listed. */
export type QueueStreamFilter =
  & Pick<QueueStreamIdentifier, "StreamARN">
  & Partial<QueueStreamIdentifier>;

/** Request of `ListQueues`. */
export interface ListQueuesRequest {
  /** Page size, 1 to 10 000. A page may have fewer queues. */
  MaxResults?: number;
  /** The token of the previous page. */
  NextToken?: string;
  /** Only queues of this stream are listed. */
  StreamFilter?: readonly QueueStreamFilter[];
}

/** A queue in a list. */
export interface QueueSummary {
  /** The name. */
  QueueName: string;
  /** The ARN. */
  QueueARN: string;
  /** The state. */
  QueueStatus: QueueStatus;
  /** When it was created. */
  QueueCreationTimestamp: Date;
  /** The stream. */
  Streams: QueueStreamIdentifier[];
}

/** Answer of `ListQueues`. */
export interface ListQueuesResponse {
  /** The queues of this page. */
  QueueSummaries: QueueSummary[];
  /** The token of the next page, if there is one. */
  NextToken?: string;
}
