/**
 * Decides whether a request may succeed later if the service says that the stream is missing or in
 * use.
 *
 * @module
 */
import { IN_USE, NOT_FOUND } from "../_aws/service_error.ts";
import { ServiceError } from "../errors.ts";
import type { ResolvedProducerOptions } from "./options.ts";

/** The part of the options that does not depend on the type of the values. */
type StateOptions = Pick<ResolvedProducerOptions<never>, "client" | "target">;

const STATES = new Set(["CREATING", "ACTIVE", "UPDATING", "DELETING"]);

/**
 * Tells a stream that is being created from a stream that does not exist. The service answers a
 * write to either with `ResourceNotFoundException`.
 */
export class StreamState {
  readonly #options: StateOptions;
  readonly #signal: AbortSignal;
  #asking: Promise<string | undefined> | undefined;
  #wasThere = false;

  /** Sends nothing yet. `signal` ends requests. */
  constructor(options: StateOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /**
   * Notes that the stream exists. If it is deleted after that, it is most likely created again.
   */
  noteThere(): void {
    this.#wasThere = true;
  }

  /**
   * Returns the error of a call; retryable if the stream exists or is likely to come back. Never
   * rejects.
   */
  async judge(error: unknown): Promise<unknown> {
    if (!(error instanceof ServiceError) || error.retryable) return error;
    if (error.code === IN_USE) return asRetryable(error);
    if (error.code !== NOT_FOUND || this.#signal.aborted) return error;
    const state = await (this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    }));
    return state === undefined ? error : asRetryable(error, state);
  }

  /** The state of the stream; `undefined` if it does not exist and is not likely to. */
  async #ask(): Promise<string | undefined> {
    const { client, target } = this.#options;
    try {
      const { StreamDescriptionSummary } = await client
        .describeStreamSummary(target, {
          signal: this.#signal,
          maxAttempts: 1,
        });
      const state = StreamDescriptionSummary.StreamStatus;
      if (!STATES.has(state)) return undefined;
      this.#wasThere = true;
      return state;
    } catch (error) {
      if (!(error instanceof ServiceError)) return "not known";
      if (error.code === NOT_FOUND) {
        return this.#wasThere ? "deleted" : undefined;
      }
      return error.retryable ? "not known" : undefined;
    }
  }
}

function asRetryable(error: ServiceError, state?: string): ServiceError {
  const { message, code, action, status, requestId, retryAfterMs } = error;
  return new ServiceError(
    state === undefined ? message : `${message} (its state is ${state})`,
    {
      code,
      action,
      status,
      requestId,
      retryAfterMs,
      retryable: true,
      cause: error,
    },
  );
}
