/**
 * The errors of a producer that has ended.
 *
 * @module
 */
import { textOf } from "../_core/text_of.ts";
import { ClosedError, DeliveryError, KinesisError } from "../errors.ts";

/** The error of a call when the producer is closed or is being closed. */
export function closedError(): ClosedError {
  return new ClosedError("Cannot put as the producer is closed");
}

/** The error of a call when the producer was aborted. */
export function abortedError(cause: unknown): ClosedError {
  return new ClosedError("Cannot put as the producer was aborted", { cause });
}

/** An error that ends the producer, as a `KinesisError`. */
export function unexpectedError(cause: unknown): KinesisError {
  if (cause instanceof KinesisError) return cause;
  return new KinesisError(`Cannot produce: ${textOf(cause)}`, {
    code: "Unexpected",
    cause,
  });
}

/** The error of an abort whose values are not acknowledged in time. */
export function timedOut(
  stream: string,
  timeoutMs: number,
  cause: unknown,
): KinesisError {
  return new KinesisError(
    `Cannot deliver to ${stream} within 'abortTimeoutMs' of ${timeoutMs} ms after the abort`,
    { code: "AbortTimedOut", retryable: true, cause },
  );
}

/** An error that came while an abort delivered. Its cause becomes the reason of the abort. */
export function withReason(error: unknown, reason: unknown): unknown {
  if (!(error instanceof DeliveryError) || error.cause === reason) return error;
  const { message, code, retryable, failures } = error;
  return new DeliveryError(
    `${message}; the stream was aborted before: ${
      reason instanceof Error ? reason.message : textOf(reason)
    }`,
    { code, retryable, failures, cause: reason },
  );
}
