/**
 * Finds or registers the consumer that shards are read through with enhanced fan-out.
 *
 * @module
 */
import { hasCode, IN_USE, NOT_FOUND } from "../../_aws/service_error.ts";
import { equalJitter } from "../../_core/backoff.ts";
import { delay, monotonicNow } from "../../_core/clock.ts";
import type { FailureStreak } from "../../_core/failure_streak.ts";
import { notify } from "../../_core/notify.ts";
import { raceAbort } from "../../_core/race_abort.ts";
import { withTimeLimit } from "../../_core/time_limit.ts";
import type { StreamConsumer } from "../../client/mod.ts";
import { KinesisError, TimeoutError } from "../../errors.ts";
import { failuresInARow } from "../failures.ts";
import {
  consumerIsDeleted,
  consumerNotFound,
  consumerNotReady,
  fanOutUnsupported,
  isUnsupported,
  noFreeConsumer,
} from "./fan_out_errors.ts";
import type { FanOutClient, FanOutSettings } from "./fan_out_options.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";

/** The longest wait for a consumer to become ACTIVE or to be deleted, in milliseconds. */
const READY_LIMIT_MS = 300_000;
/** The longest wait while the stream has as many consumers as it may have, in milliseconds. */
const FULL_LIMIT_MS = 60_000;
/** The pauses between two looks at the consumer. An account may look 20 times a second. */
const POLL = { baseMs: 500, maxMs: 5000 };

/** What a {@linkcode FanOutConsumer} works with. */
export type FanOutConsumerOptions =
  & Pick<
    ConsumerSettings,
    | "clock"
    | "hooks"
    | "maxFailuresInARow"
    | "random"
    | "stallTimeoutMs"
    | "stream"
    | "target"
  >
  & { readonly client: FanOutClient; readonly fanOut: FanOutSettings };

/** A state of the consumer that has to pass before it can be used. */
interface Wait {
  /** Why it has to pass. */
  readonly why: string;
  /** How long this wait may last, in milliseconds. */
  readonly limitMs: number;
  /** The error of the service, if that is the reason. */
  readonly cause?: unknown;
}

/** The registered consumer that all readers of a {@linkcode Consumer} share. */
export class FanOutConsumer {
  readonly #options: FanOutConsumerOptions;
  readonly #signal: AbortSignal;
  #streamArn: string | undefined;
  /** The ARN of the consumer, once it was found ACTIVE. */
  #arn: string | undefined;
  #finding: Promise<string> | undefined;
  #isGivenUp = false;

  /** Asks nothing yet. The signal ends all waits. */
  constructor(options: FanOutConsumerOptions, signal: AbortSignal) {
    const { target } = options;
    this.#options = options;
    this.#signal = signal;
    this.#streamArn = "StreamARN" in target ? target.StreamARN : undefined;
  }

  /**
   * The ARN of the consumer when it is ACTIVE. `undefined` if shards are to be polled instead.
   *
   * @throws {KinesisError} if there is no such consumer, or it does not become ACTIVE in time
   */
  async arn(signal: AbortSignal): Promise<string | undefined> {
    if (this.#isGivenUp) return undefined;
    if (this.#arn !== undefined) return this.#arn;
    this.#finding ??= this.#find().finally(() => this.#finding = undefined);
    // Every reader may have been closed meanwhile.
    this.#finding.catch(() => {});
    try {
      return await raceAbort(this.#finding, signal);
    } catch (error) {
      if (!this.#mayGiveUp(error)) throw error;
      return undefined;
    }
  }

  /** Looks for the consumer again before the next use: the service does not know the ARN. */
  forget(arn: string): void {
    if (this.#arn === arn) this.#arn = undefined;
  }

  /**
   * Whether shards are to be polled from now on, because the server does not know enhanced fan-out.
   *
   * @throws {KinesisError} if that is the case and the user wants no polling
   */
  isUnsupported(error: unknown): boolean {
    if (!isUnsupported(error)) return false;
    const problem = fanOutUnsupported(this.#options.stream, error);
    if (this.#mayGiveUp(problem)) return true;
    throw problem;
  }

  #mayGiveUp(error: unknown): boolean {
    const { fanOut: { fallback }, stream, hooks } = this.#options;
    if (this.#isGivenUp) return true;
    const isReason = error instanceof KinesisError &&
      (error.code === "FanOutUnsupported" || error.code === "NoFreeConsumer");
    if (!isReason || fallback !== "polling") return false;
    this.#isGivenUp = true;
    notify(hooks, "onReadError", {
      stream,
      error,
      attempt: 1,
      retryDelayMs: 0,
    });
    return true;
  }

  async #find(): Promise<string> {
    const { clock, random } = this.#options;
    const failures = failuresInARow(this.#options);
    const startedAt = monotonicNow(clock);
    for (let look = 0;; look++) {
      const found = await this.#lookOrPause(failures);
      if (typeof found === "string") return this.#arn = found;
      if (!found) continue;
      const pauseMs = equalJitter(POLL, look, random);
      const waitedMs = monotonicNow(clock) - startedAt;
      if (waitedMs + pauseMs > found.limitMs) throw this.#tooLate(found);
      await delay(pauseMs, { clock, signal: this.#signal });
    }
  }

  /** Resolves with the ARN, or the state to wait for, or with nothing after a failure and a pause. */
  async #lookOrPause(
    failures: FailureStreak,
  ): Promise<string | Wait | undefined> {
    const { clock, hooks, stream } = this.#options;
    try {
      const found = await this.#lookInTime();
      failures.end();
      return found;
    } catch (error) {
      if (this.#signal.aborted) throw this.#signal.reason;
      if (isUnsupported(error)) throw fanOutUnsupported(stream, error);
      if (!(error instanceof KinesisError) || !error.retryable) throw error;
      const retryDelayMs = failures.pauseAfter(error);
      const attempt = failures.length;
      notify(hooks, "onReadError", { stream, error, attempt, retryDelayMs });
      await delay(retryDelayMs, { clock, signal: this.#signal });
      return undefined;
    }
  }

  /** Limits the time of a look to `stallTimeoutMs`: a client of the user may have no time limit. */
  #lookInTime(): Promise<string | Wait> {
    const { clock, stallTimeoutMs: ms, stream } = this.#options;
    return withTimeLimit((signal) => this.#look(signal), {
      ms,
      clock,
      signal: this.#signal,
      onTimeout: () =>
        new TimeoutError(
          `Cannot look for the consumer of ${stream}: not complete within ${ms} ms, 'stallTimeoutMs'`,
          { timeoutMs: ms },
        ),
    });
  }

  /** Looks once, and registers the consumer if it does not exist. */
  async #look(signal: AbortSignal): Promise<string | Wait> {
    const { fanOut: { consumerARN }, stream } = this.#options;
    const found = await this.#describe(signal) ?? await this.#register(signal);
    if ("why" in found) return found;
    switch (found.ConsumerStatus) {
      case "ACTIVE":
        return found.ConsumerARN;
      case "DELETING":
        // One with this name can be registered when the old one is gone; one with this ARN cannot.
        if (consumerARN) throw consumerIsDeleted(consumerARN, stream);
    }
    return { why: `it is ${found.ConsumerStatus}`, limitMs: READY_LIMIT_MS };
  }

  /** Resolves with nothing if a consumer with the name does not exist. */
  async #describe(signal: AbortSignal): Promise<StreamConsumer | undefined> {
    const { client, fanOut: { consumerARN, consumerName }, stream } =
      this.#options;
    const consumer = consumerARN ? { ConsumerARN: consumerARN } : {
      StreamARN: await this.#arnOfStream(signal),
      ConsumerName: consumerName,
    };
    try {
      const answer = await client.describeStreamConsumer(consumer, { signal });
      return answer.ConsumerDescription;
    } catch (error) {
      if (!hasCode(error, NOT_FOUND)) throw error;
      if (consumerARN) throw consumerNotFound(consumerARN, stream, error);
      return undefined;
    }
  }

  async #register(signal: AbortSignal): Promise<StreamConsumer | Wait> {
    const { client, fanOut } = this.#options;
    try {
      const { Consumer } = await client.registerStreamConsumer({
        StreamARN: await this.#arnOfStream(signal),
        ConsumerName: fanOut.consumerName!,
      }, { signal });
      return Consumer;
    } catch (cause) {
      if (hasCode(cause, IN_USE)) {
        // Another worker was faster, or the stream is being created.
        const why = "it is being registered";
        return { why, limitMs: READY_LIMIT_MS, cause };
      }
      if (hasCode(cause, "LimitExceededException")) {
        const why = "no further consumer can be registered";
        return { why, limitMs: FULL_LIMIT_MS, cause };
      }
      throw cause;
    }
  }

  async #arnOfStream(signal: AbortSignal): Promise<string> {
    if (this.#streamArn !== undefined) return this.#streamArn;
    const { client, target } = this.#options;
    const answer = await client.describeStreamSummary(target, { signal });
    return this.#streamArn = answer.StreamDescriptionSummary.StreamARN;
  }

  #tooLate({ why, limitMs, cause }: Wait): KinesisError {
    const { fanOut: { consumerARN, consumerName }, stream } = this.#options;
    const consumer = (consumerARN ?? consumerName)!;
    return hasCode(cause, "LimitExceededException")
      ? noFreeConsumer(consumer, stream, limitMs, cause)
      : consumerNotReady(consumer, stream, limitMs, why, cause);
  }
}
