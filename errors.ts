/**
 * The errors of this library, with the data that a program needs to decide what to do next.
 *
 * All classes extend {@linkcode KinesisError}. `code` is the reason for programs, `message` says
 * for people what failed and what to do, and `retryable` says whether the same request may succeed
 * later. An aborted call rejects with the `reason` of its signal, as `fetch` does.
 *
 * @module
 */
import type { ConsumerRecord, FailedValue, KinesisRecord } from "./records.ts";

/** The data of every {@linkcode KinesisError}. */
export interface KinesisErrorOptions extends ErrorOptions {
  /** The reason: a code of the service or of this library. Stable across releases. */
  code: string;
  /**
   * Whether the same request may succeed later.
   * @default {false}
   */
  retryable?: boolean;
}

/** The base of all errors of this library. */
export class KinesisError extends Error {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "KinesisError";
  /**
   * The reason: a code of the service, such as `ResourceNotFoundException`, or of this library.
   * Stable across releases.
   */
  readonly code: string;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;

  /** Makes an error. */
  constructor(message: string, options: KinesisErrorOptions) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = options.code;
    this.retryable = options.retryable ?? false;
  }

  /**
   * The error as data, for `JSON.stringify`: `name`, `message`, the fields of its class, and its
   * `cause` in the same form, without stacks. A {@linkcode DeliveryError} has `failureCount` and
   * the first ten failures, without their values. A {@linkcode DecodeError} has its record without
   * the bytes, and a {@linkcode ProcessingError} has it without the value.
   */
  toJSON(): Record<string, unknown> {
    return dataOf(this);
  }
}

/** The data of a {@linkcode ServiceError}. */
export interface ServiceErrorOptions extends KinesisErrorOptions {
  /** The API action, for example `PutRecords`. */
  action: string;
  /** The HTTP status of the answer. */
  status: number;
  /** The id of the request, for questions to AWS support. */
  requestId?: string;
  /**
   * Whether the service asked for fewer requests.
   * @default {false}
   */
  throttled?: boolean;
  /** How long the service asked to wait, in milliseconds. */
  retryAfterMs?: number;
  /**
   * Whether further attempts are useful for some seconds only.
   * @default {false}
   */
  retryBriefly?: boolean;
}

/**
 * Kinesis, DynamoDB, or STS for credentials answered with an error. `code` is the code of the
 * service, for example `AccessDeniedException`, or `Http` and the status if the answer has no code.
 */
export class ServiceError extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "ServiceError";
  /** The API action, for example `PutRecords`. */
  readonly action: string;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** The id of the request, for questions to AWS support. */
  readonly requestId?: string;
  /** Whether the service asked for fewer requests. */
  readonly throttled: boolean;
  /** How long the service asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /**
   * Whether further attempts are useful for some seconds only: the error ends soon or never. True
   * for an expired session token whose source may have a newer one, for a signature that arrived
   * late, and for a status of 400 without a code. A {@linkcode Producer} ends after ten attempts
   * with such errors in a row.
   */
  readonly retryBriefly: boolean;

  /** Makes an error. */
  constructor(message: string, options: ServiceErrorOptions) {
    super(message, options);
    this.action = options.action;
    this.status = options.status;
    this.requestId = options.requestId;
    this.throttled = options.throttled ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.retryBriefly = options.retryBriefly ?? false;
  }
}

/**
 * No complete answer arrived: the host was not found, refused the connection, or the connection
 * broke. `code` is `ConnectionFailed`.
 */
export class ConnectionError extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "ConnectionError";
  /** Makes an error. `cause` is the error of `fetch`. */
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "ConnectionFailed", retryable: true });
  }
}

/** No complete answer arrived within the time limit of the call. `code` is `TimedOut`. */
export class TimeoutError extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "TimeoutError";
  /** The time limit, in milliseconds. */
  readonly timeoutMs: number;
  /** Makes an error. */
  constructor(message: string, options: ErrorOptions & { timeoutMs: number }) {
    super(message, { ...options, code: "TimedOut", retryable: true });
    this.timeoutMs = options.timeoutMs;
  }
}

/**
 * An answer is not one that Kinesis sends: the page of a proxy, a cut body, a damaged message.
 * `code` is `BadResponse`.
 */
export class ResponseError extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "ResponseError";
  /** The HTTP status of the answer. */
  readonly status: number;
  /** Makes an error. */
  constructor(
    message: string,
    options: ErrorOptions & { status: number; retryable?: boolean },
  ) {
    super(message, { retryable: true, ...options, code: "BadResponse" });
    this.status = options.status;
  }
}

/**
 * There are no credentials, or they cannot be used or renewed. `code` is `NoCredentials`,
 * `CredentialsUnavailable` (a source is configured and does not work), `CredentialsFailed` (the
 * user's function failed) or `InvalidCredentials`.
 */
export class CredentialsError extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "CredentialsError";
  /** Makes an error. */
  constructor(message: string, options: Partial<KinesisErrorOptions> = {}) {
    super(message, { ...options, code: options.code ?? "NoCredentials" });
  }
}

/** The codes of an {@linkcode InvalidRecordError}. */
export type InvalidRecordCode =
  | "RecordTooLarge"
  | "InvalidPartitionKey"
  | "InvalidExplicitHashKey"
  | "NotSerializable";

/**
 * A value cannot become a Kinesis record: it is too large, its key is invalid, or the serializer
 * rejected it. Other values are not affected.
 */
export class InvalidRecordError extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "InvalidRecordError";
  /** What is wrong with the value. */
  declare readonly code: InvalidRecordCode;
  /** Makes an error. */
  constructor(
    message: string,
    options: ErrorOptions & { code: InvalidRecordCode },
  ) {
    super(message, options);
  }
}

/**
 * A record cannot be decoded. The error has the record, so no data is lost. `code` is
 * `Undecodable`.
 */
export class DecodeError extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "DecodeError";
  /** The record as Kinesis returned it. */
  readonly record: KinesisRecord;
  /** The index of the damaged item in the record, if the other items could be read. */
  readonly subSequenceNumber?: number;
  /** Makes an error. */
  constructor(
    message: string,
    options: ErrorOptions & {
      record: KinesisRecord;
      subSequenceNumber?: number;
    },
  ) {
    super(message, { ...options, code: "Undecodable" });
    this.record = options.record;
    this.subSequenceNumber = options.subSequenceNumber;
  }
}

/**
 * Kinesis has not acknowledged some values of a producer. `code` is that of the first failure.
 * `retryable` is true if every failure is retryable: another `put` of the same values may succeed.
 */
export class DeliveryError<T = unknown> extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "DeliveryError";
  /** Every value that was not acknowledged, with its last error. */
  readonly failures: readonly FailedValue<T>[];
  /** Makes an error. */
  constructor(
    message: string,
    options: KinesisErrorOptions & { failures: readonly FailedValue<T>[] },
  ) {
    const { failures } = options;
    super(message, {
      ...options,
      retryable: options.retryable ??
        allRetryable(failures.map(({ error }) => error)),
    });
    this.failures = failures;
  }
}

/**
 * A handler of `Consumer.process` or `Consumer.processBatches`, or of those of a `QueueConsumer`,
 * could not process a value, and there is no further attempt. `code` is `HandlerFailed`, and `cause`
 * is what the handler threw.
 */
export class ProcessingError<T = unknown, R = ConsumerRecord<T>>
  extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "ProcessingError";
  /** The value with its place in the stream or queue. */
  readonly record: R;
  /** The number of calls of the handler. */
  readonly attempts: number;
  /** Makes an error. */
  constructor(
    message: string,
    options: ErrorOptions & { record: R; attempts: number },
  ) {
    super(message, { ...options, code: "HandlerFailed" });
    this.record = options.record;
    this.attempts = options.attempts;
  }
}

/** A producer or consumer was used after it was closed, aborted or failed. `code` is `Closed`. */
export class ClosedError extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "ClosedError";
  /** Makes an error. */
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "Closed" });
  }
}

/**
 * One stream of a consumer that reads several has failed, and the consumer with it. `code` and
 * `retryable` are those of the cause; `code` is `StreamFailed` if the cause has none.
 */
export class StreamError extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "StreamError";
  /** The stream, by name or ARN as given to the consumer. */
  readonly stream: string;
  /** Makes an error. */
  constructor(message: string, options: ErrorOptions & { stream: string }) {
    const { cause, stream } = options;
    const { code, retryable } = cause instanceof KinesisError
      ? cause
      : { code: "StreamFailed", retryable: false };
    super(message, { ...options, code, retryable });
    this.stream = stream;
  }
}

/**
 * Another worker holds the lease of the shard now. Values of the shard can no longer be
 * acknowledged: the other worker processes them. `code` is `LeaseLost`.
 */
export class LeaseLostError extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "LeaseLostError";
  /** The shard whose lease was lost. */
  readonly shardId: string;
  /** Makes an error. */
  constructor(message: string, options: ErrorOptions & { shardId: string }) {
    super(message, { ...options, code: "LeaseLost" });
    this.shardId = options.shardId;
  }
}

/**
 * The checkpoints of some shards could not be stored. Values after the last stored checkpoint will
 * be read again. `code` is `CheckpointFailed`. `retryable` is true if every failure is retryable.
 */
export class CheckpointError extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "CheckpointError";
  /** The errors by shard id. */
  readonly failures: ReadonlyMap<string, unknown>;
  /** Makes an error. */
  constructor(
    message: string,
    options: ErrorOptions & { failures: ReadonlyMap<string, unknown> },
  ) {
    const { failures } = options;
    super(message, {
      ...options,
      code: "CheckpointFailed",
      retryable: allRetryable([...failures.values()]),
    });
    this.failures = failures;
  }
}

/** The codes of a {@linkcode StoredLeaseError}. */
export type StoredLeaseCode = "LeaseDamaged" | "LeaseFormatTooNew";

/**
 * A stored lease cannot be used: it is damaged, or another program or a newer release has written
 * it. It was not changed.
 */
export class StoredLeaseError extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "StoredLeaseError";
  /** What is wrong with the lease. */
  declare readonly code: StoredLeaseCode;
  /** The stream of the lease. */
  readonly streamName: string;
  /** The shard of the lease. */
  readonly shardId: string;
  /** The key of the lease in the backend. */
  readonly key: string;
  /** Makes an error. */
  constructor(
    message: string,
    options: ErrorOptions & {
      code: StoredLeaseCode;
      streamName: string;
      shardId: string;
      key: string;
    },
  ) {
    super(message, options);
    this.streamName = options.streamName;
    this.shardId = options.shardId;
    this.key = options.key;
  }
}

/**
 * A stream, consumer, queue or channel did not reach the expected state in time: for example, it is
 * still `CREATING`. `code` is `WaitTimedOut`. If the state cannot be reached any more, because a
 * channel is `FAILED` for example, `code` is `WaitFailed`.
 */
export class WaiterError extends KinesisError {
  /** The name of the class. Minifying does not change it. */
  override readonly name: string = "WaiterError";
  /** The last known state. */
  readonly lastState: string;
  /** Makes an error. */
  constructor(
    message: string,
    options: ErrorOptions & { lastState: string; code?: string },
  ) {
    super(message, { ...options, code: options.code ?? "WaitTimedOut" });
    this.lastState = options.lastState;
  }
}

function allRetryable(errors: readonly unknown[]): boolean {
  return errors.length > 0 &&
    errors.every((error) => error instanceof KinesisError && error.retryable);
}

/** The deepest nesting of causes that is shown. The causes of an error can form a cycle. */
const MAX_DEPTH = 8;
const MAX_LISTED = 10;
/** The fields of a record that an error shows: never the value. */
const PLACE = [
  "streamName",
  "shardId",
  "queueARN",
  "recordId",
  "partitionKey",
  "sequenceNumber",
];
let depth = 0;

function dataOf(error: Error): Record<string, unknown> {
  const data: Record<string, unknown> = {
    name: error.name,
    message: error.message,
  };
  if (depth === MAX_DEPTH) return data;
  depth++;
  try {
    for (const [field, value] of Object.entries(error)) {
      const plain = plainOf(value);
      if (plain !== undefined) data[field] = plain;
    }
    // By name and not by class, so that a bundle need not contain classes that it does not use.
    if (error.name === "DeliveryError") {
      const { failures } = error as DeliveryError;
      data.failureCount = failures.length;
      data.failures = failures.slice(0, MAX_LISTED).map((failure) => ({
        partitionKey: failure.partitionKey,
        attempts: failure.attempts,
        error: plainOf(failure.error),
      }));
    }
    if (error.name === "DecodeError" || error.name === "ProcessingError") {
      data.record = placeOf((error as ProcessingError).record);
    }
    if (error instanceof AggregateError) data.errors = plainOf(error.errors);
    const cause = plainOf(error.cause);
    if (cause !== undefined) data.cause = cause;
  } finally {
    depth--;
  }
  return data;
}

/** The place of a value in its stream or queue. */
function placeOf(record: object): Record<string, unknown> {
  const given = record as Record<string, unknown>;
  const place: Record<string, unknown> = {};
  for (const field of PLACE) {
    if (given[field] !== undefined) place[field] = given[field];
  }
  return place;
}

/** The JSON of a value. `undefined` for objects other than errors, maps and arrays. */
function plainOf(value: unknown): unknown {
  if (value instanceof Error) return dataOf(value);
  if (value instanceof Map) {
    return Object.fromEntries(
      [...value].map(([key, item]) => [String(key), plainOf(item)]),
    );
  }
  if (Array.isArray(value)) return value.slice(0, MAX_LISTED).map(plainOf);
  if (typeof value === "bigint") return String(value);
  return value === null || typeof value !== "object" &&
      typeof value !== "function" && typeof value !== "symbol"
    ? value
    : undefined;
}
