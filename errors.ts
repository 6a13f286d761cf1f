/**
 * Every error that this library throws, with the data that a program needs to decide what to do next.
 *
 * All classes extend {@linkcode KinesisError}: `code` names the reason for machines, `message` says what failed and what
 * to do for people, `retryable` says whether the same request may succeed later. An aborted call rejects with the
 * `reason` of its signal, as `fetch` does, and not with one of these.
 *
 * @module
 */
import type { FailedValue, KinesisRecord } from "./records.ts";

/** What every {@linkcode KinesisError} is made of. */
export interface KinesisErrorOptions extends ErrorOptions {
  /** The reason in one word, stable across releases: a code of the service, or one of this library. */
  code: string;
  /** Whether the same request may succeed later without any change. @default {false} */
  retryable?: boolean;
}

/** The base of all errors of this library. */
export class KinesisError extends Error {
  /** The class in words; it survives minifying. */
  override readonly name: string = "KinesisError";
  /** The reason in one word: a code of the service such as `ResourceNotFoundException`, or one of this library. */
  readonly code: string;
  /** Whether the same request may succeed later without any change. */
  readonly retryable: boolean;

  /** Makes an error with a message for people and the data for programs. */
  constructor(message: string, options: KinesisErrorOptions) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = options.code;
    this.retryable = options.retryable ?? false;
  }

  /**
   * The error as data, for `JSON.stringify`: `name`, `message`, the fields of its class, and its `cause` in the same form.
   * A {@linkcode DeliveryError} shows `failureCount` and the first ten failures, without their values; a
   * {@linkcode DecodeError} shows its record without the bytes. Stacks are left out.
   */
  toJSON(): Record<string, unknown> {
    return dataOf(this);
  }
}

/** What a {@linkcode ServiceError} is made of. */
export interface ServiceErrorOptions extends KinesisErrorOptions {
  /** The API action, for example `PutRecords`. */
  action: string;
  /** The HTTP status of the answer. */
  status: number;
  /** The id of the request, which AWS support asks for. */
  requestId?: string;
  /** Whether the service asked for fewer requests. @default {false} */
  throttled?: boolean;
  /** How long the service asked to wait, in milliseconds. */
  retryAfterMs?: number;
  /** Whether further attempts are useful for some seconds only. @default {false} */
  retryBriefly?: boolean;
}

/** Kinesis (or STS, for credentials) answered with an error; `code` is the service's own, for example `AccessDeniedException`. */
export class ServiceError extends KinesisError {
  /** The class in words; it survives minifying. */
  override readonly name: string = "ServiceError";
  /** The API action, for example `PutRecords`. */
  readonly action: string;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** The id of the request, which AWS support asks for. */
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

  /** Makes an error from what the service answered. */
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

/** No answer arrived: the endpoint refused, could not be found, or the connection broke. `code` is `ConnectionFailed`. */
export class ConnectionError extends KinesisError {
  /** The class in words; it survives minifying. */
  override readonly name: string = "ConnectionError";
  /** Makes an error that keeps what `fetch` threw as its cause. */
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "ConnectionFailed", retryable: true });
  }
}

/** No complete answer arrived within the time limit of the call. `code` is `TimedOut`. */
export class TimeoutError extends KinesisError {
  /** The class in words; it survives minifying. */
  override readonly name: string = "TimeoutError";
  /** The time limit that ran out, in milliseconds. */
  readonly timeoutMs: number;
  /** Makes an error that says which limit ran out. */
  constructor(message: string, options: ErrorOptions & { timeoutMs: number }) {
    super(message, { ...options, code: "TimedOut", retryable: true });
    this.timeoutMs = options.timeoutMs;
  }
}

/** An answer arrived that is not what Kinesis sends: a proxy's page, a cut body, a damaged frame. `code` is `BadResponse`. */
export class ResponseError extends KinesisError {
  /** The class in words; it survives minifying. */
  override readonly name: string = "ResponseError";
  /** The HTTP status of the answer. */
  readonly status: number;
  /** Makes an error that says what was wrong with the answer. */
  constructor(
    message: string,
    options: ErrorOptions & { status: number; retryable?: boolean },
  ) {
    super(message, { retryable: true, ...options, code: "BadResponse" });
    this.status = options.status;
  }
}

/** No usable credentials were found, or refreshing them failed. `code` is `NoCredentials` unless a provider says more. */
export class CredentialsError extends KinesisError {
  /** The class in words; it survives minifying. */
  override readonly name: string = "CredentialsError";
  /** Makes an error that says where credentials were looked for. */
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

/** One value cannot become a Kinesis record: too large, a bad key, or its serializer refused it. Other records are not affected. */
export class InvalidRecordError extends KinesisError {
  /** The class in words; it survives minifying. */
  override readonly name: string = "InvalidRecordError";
  /** What is wrong with the value. */
  declare readonly code: InvalidRecordCode;
  /** Makes an error that says what is wrong with the value and what is allowed. */
  constructor(
    message: string,
    options: ErrorOptions & { code: InvalidRecordCode },
  ) {
    super(message, options);
  }
}

/** One record that was read cannot be decoded. The raw record is attached, so that nothing is lost. `code` is `Undecodable`. */
export class DecodeError extends KinesisError {
  /** The class in words; it survives minifying. */
  override readonly name: string = "DecodeError";
  /** The record as Kinesis returned it. */
  readonly record: KinesisRecord;
  /** The index of the damaged item inside the record, when the rest of it could be read. */
  readonly subSequenceNumber?: number;
  /** Makes an error that names the record. */
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
 * Records were handed to a producer and not acknowledged by Kinesis. `code` is that of the first failure. `retryable` says
 * whether that holds for every failure: then all of them may be stored if they are put again as they are.
 */
export class DeliveryError<T = unknown> extends KinesisError {
  /** The class in words; it survives minifying. */
  override readonly name: string = "DeliveryError";
  /** Every record that was not acknowledged, with its last error. */
  readonly failures: readonly FailedValue<T>[];
  /** Makes an error that carries the records. */
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

/** Something was asked of a producer or consumer that is already closed, aborted or failed. `code` is `Closed`. */
export class ClosedError extends KinesisError {
  /** The class in words; it survives minifying. */
  override readonly name: string = "ClosedError";
  /** Makes an error that says what is closed. */
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "Closed" });
  }
}

/** Another worker owns the lease of this shard now: stop working on it, and do not checkpoint. `code` is `LeaseLost`. */
export class LeaseLostError extends KinesisError {
  /** The class in words; it survives minifying. */
  override readonly name: string = "LeaseLostError";
  /** The shard whose lease was lost. */
  readonly shardId: string;
  /** Makes an error that names the shard. */
  constructor(message: string, options: ErrorOptions & { shardId: string }) {
    super(message, { ...options, code: "LeaseLost" });
    this.shardId = options.shardId;
  }
}

/**
 * Progress could not be stored for some shards; what they read since will be read again. `code` is `CheckpointFailed`.
 * `retryable` says whether every one of the failures is.
 */
export class CheckpointError extends KinesisError {
  /** The class in words; it survives minifying. */
  override readonly name: string = "CheckpointError";
  /** Why, by shard id. */
  readonly failures: ReadonlyMap<string, unknown>;
  /** Makes an error that lists the shards. */
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

/** A stored lease cannot be used: it is damaged, was written by something else, or by a newer release. It was left as it is. */
export class StoredLeaseError extends KinesisError {
  /** The class in words; it survives minifying. */
  override readonly name: string = "StoredLeaseError";
  /** What is wrong. */
  declare readonly code: StoredLeaseCode;
  /** The stream of the lease. */
  readonly streamName: string;
  /** The shard of the lease. */
  readonly shardId: string;
  /** The key of the row in the words of the backend, so that it can be found there. */
  readonly key: string;
  /** Makes an error that names the row. */
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

/** Something did not reach the awaited state in time, for example a stream that stays `CREATING`. `code` is `WaitTimedOut`. */
export class WaiterError extends KinesisError {
  /** The class in words; it survives minifying. */
  override readonly name: string = "WaiterError";
  /** The last state that was seen. */
  readonly lastState: string;
  /** Makes an error that names what was awaited and what was seen last. */
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

/** Errors inside errors are shown down to this depth, since a cause can lead back to where it started. */
const MAX_DEPTH = 8;
const MAX_LISTED = 10;
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
    if (error instanceof DeliveryError) {
      data.failureCount = error.failures.length;
      data.failures = error.failures.slice(0, MAX_LISTED).map((failure) => ({
        partitionKey: failure.partitionKey,
        attempts: failure.attempts,
        error: plainOf(failure.error),
      }));
    }
    if (error instanceof DecodeError) {
      const { streamName, shardId, partitionKey, sequenceNumber } =
        error.record;
      data.record = { streamName, shardId, partitionKey, sequenceNumber };
    }
    if (error instanceof AggregateError) data.errors = plainOf(error.errors);
    const cause = plainOf(error.cause);
    if (cause !== undefined) data.cause = cause;
  } finally {
    depth--;
  }
  return data;
}

/** What can be written as JSON; `undefined` for objects that may hold anything. */
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
