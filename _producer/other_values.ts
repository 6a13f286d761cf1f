/**
 * What is said of values that a producer did not send because of another value.
 *
 * @module
 */
import { InvalidRecordError, KinesisError } from "../errors.ts";

/**
 * The error of the values that have none of their own, if the producer has failed with `why`. An
 * error of one value is not theirs: who sorts failures by their code would take them for bad.
 */
export function errorOfOthers(
  why: KinesisError | Error,
): KinesisError | Error {
  if (!(why instanceof InvalidRecordError)) return why;
  return new KinesisError(
    `The record is not acknowledged, as another value has ended the producer: ${why.message}`,
    { code: "NotAcknowledged", retryable: true, cause: why },
  );
}

/** Says that a producer has failed with some values. */
export function textOfFailure(
  count: number,
  stream: string,
  why: KinesisError | Error,
): string {
  const values = count === 1 ? "1 value" : `${count} values`;
  const reason = count > 1 && why instanceof InvalidRecordError
    ? ", as one of them is refused"
    : "";
  return `Cannot deliver ${values} to ${stream}${reason}: ${why.message}`;
}
