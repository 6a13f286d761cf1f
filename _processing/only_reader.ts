/**
 * Processes a stream as its only reader.
 *
 * @module
 */
import { ClosedError } from "../errors.ts";

/** The stream that is processed. */
export interface ProcessedStream {
  /** The stream. */
  readonly stream: ReadableStream<unknown>;
  /** What it is in messages, for example `consumer`. */
  readonly what: string;
  /** Whether it has neither ended nor failed. */
  readonly isOpen: () => boolean;
  /** Throws if there is another reason not to process it. */
  readonly check?: () => void;
  /** Called when the processing has ended, with or without an error. */
  readonly onEnd: () => void;
}

/**
 * Locks the stream while `work` goes on, so that there is no second way of reading.
 *
 * @throws {TypeError} if it is locked already
 * @throws {ClosedError} if it has ended. If it has failed, rejects with its error, and with the
 * reason of the signal if that has aborted
 */
export async function asOnlyReader<R>(
  { stream, what, isOpen, check, onEnd }: ProcessedStream,
  signal: AbortSignal | undefined,
  work: () => Promise<R>,
): Promise<R> {
  if (stream.locked) {
    throw new TypeError(
      "Cannot process as the stream is locked: it has another reader, loop or pipe, or is " +
        "being processed already",
    );
  }
  check?.();
  signal?.throwIfAborted();
  const reader = stream.getReader();
  reader.closed.catch(() => {});
  try {
    if (!isOpen()) {
      await reader.closed; // rejects if the stream has failed
      throw new ClosedError(`Cannot process as the ${what} has ended`);
    }
    return await work();
  } finally {
    onEnd();
    reader.releaseLock();
  }
}
