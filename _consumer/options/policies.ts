/**
 * The policies of a consumer: what happens if values are lost, or cannot be decoded.
 *
 * @module
 */
import type { DecodeError } from "../../errors.ts";

/**
 * What happens if a stream was deleted and another one was created under its name. `"restart"`
 * reads the new stream from its oldest record, or from the time in `from`; `"fail"` fails with the
 * code `StreamRecreated`.
 */
export type RecreatedPolicy = "restart" | "fail";

/**
 * What happens if records have expired before they were read. `"oldest"` calls the hook `onExpired`
 * and reads on at the oldest record; `"fail"` fails with the code `CheckpointExpired`.
 */
export type ExpiredCheckpointPolicy = "oldest" | "fail";

/**
 * What happens to a value that cannot be decoded. `"fail"` fails with the {@linkcode DecodeError};
 * `"skip"` drops the value; a function is called with the error, and the value counts as processed
 * when the promise that the function returned has fulfilled, unless the result is `"fail"`. Another
 * text is a misspelled decision, with which the stream fails. If the function throws, the stream
 * fails with its error.
 */
export type PoisonPolicy =
  | "fail"
  | "skip"
  | ((error: DecodeError) => unknown);
