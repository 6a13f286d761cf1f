/**
 * What a producer says when it has ended.
 *
 * @module
 */
import { ClosedError, DeliveryError, KinesisError } from "../errors.ts";

/** The producer is closed, or closing. */
export function closedError(): ClosedError {
  return new ClosedError("Cannot put as the producer is closed");
}

/** The producer was aborted. */
export function abortedError(cause: unknown): ClosedError {
  return new ClosedError("Cannot put as the producer was aborted", { cause });
}

/** An abort has waited long enough for acknowledgements. */
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

/** An error that came while an abort delivered, with the reason of the abort as its cause. */
export function withReason(error: unknown, reason: unknown): unknown {
  if (!(error instanceof DeliveryError) || error.cause === reason) return error;
  const { message, code, retryable, failures } = error;
  return new DeliveryError(
    `${message}; the stream was aborted before: ${
      reason instanceof Error ? reason.message : String(reason)
    }`,
    { code, retryable, failures, cause: reason },
  );
}
