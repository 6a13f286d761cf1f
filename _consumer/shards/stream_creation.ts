/**
 * Creates the stream of a consumer before its first look at the shards.
 *
 * @module
 */
import { hasCode, NOT_FOUND } from "../../_aws/service_error.ts";
import {
  createIfMissing,
  type CreatingClient,
} from "../../_shards/create_stream.ts";
import { ServiceError } from "../../errors.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";

/** The options that creating a stream depends on. */
export type StreamCreationOptions = Pick<
  ConsumerSettings,
  "client" | "createStream" | "stream" | "target"
>;

/** Creates a missing stream once. A stream that is deleted later is not created again. */
export class StreamCreation {
  readonly #options: StreamCreationOptions;
  #isDone: boolean;

  /** Sends nothing yet. */
  constructor(options: StreamCreationOptions) {
    this.#options = options;
    this.#isDone = !options.createStream;
  }

  /** Resolves when the stream is active. Does nothing after it has succeeded once. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, createStream, stream, target } = this.#options;
    if (this.#isDone || !createStream) return;
    // The constructor of the consumer has checked that the client has these methods.
    const creating = client as CreatingClient;
    try {
      await createIfMissing(
        { client: creating, stream, target },
        createStream,
        signal,
      );
    } catch (error) {
      throw isNotVisibleYet(error, target) ? asRetryable(error) : error;
    }
    this.#isDone = true;
  }
}

/**
 * A stream that was just created may be unknown to other servers of the service for some seconds.
 */
function isNotVisibleYet(
  error: unknown,
  target: StreamCreationOptions["target"],
): error is ServiceError {
  return hasCode(error, NOT_FOUND) && "StreamName" in target;
}

function asRetryable(error: ServiceError): ServiceError {
  const { message, code, action, status, requestId } = error;
  return new ServiceError(message, {
    code,
    action,
    status,
    requestId,
    retryable: true,
    cause: error,
  });
}
