/**
 * The first list of shards, for which the first values wait.
 *
 * @module
 */
import { IN_USE, NOT_FOUND } from "../_aws/service_error.ts";
import { deferred } from "../_core/deferred.ts";
import { ResettableTimer } from "../_core/resettable_timer.ts";
import { onAbort } from "../_core/on_abort.ts";
import { retry } from "../_core/retry.ts";
import { KinesisError, ServiceError } from "../errors.ts";
import { BACKOFF } from "./backoff.ts";
import type { Distribution } from "./distribution.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import type { Resharding } from "./resharding.ts";
import type { ListingOptions, ShardListing } from "./shard_listing.ts";
import { StreamState } from "./stream_state.ts";

/** The first values wait this long for the list, in milliseconds. */
const PATIENCE_MS = 3000;
/** Codes of a stream that cannot be written to now. */
const NOT_ACTIVE = [NOT_FOUND, IN_USE];

/** The part of the options that does not depend on the type of the values. */
export type FirstListOptions =
  & ListingOptions
  & Pick<
    ResolvedProducerOptions<never>,
    "clock" | "createStream" | "random" | "maxAttempts"
  >;

/** Creates the stream if the options ask for that, and learns its shards. */
export class FirstList {
  readonly #options: FirstListOptions;
  readonly #resharding: Resharding<unknown>;
  readonly #listing: ShardListing;
  readonly #distribution: Distribution;
  readonly #signal: AbortSignal;
  readonly #state: StreamState;
  /** Rings when values are sent without a list. */
  readonly #patience: ResettableTimer;
  /** Resolves when {@linkcode PATIENCE_MS} is over. */
  readonly #overtime = deferred<void>();
  /** The question how the stream distributes records, and the work for its answer. */
  #asking: Promise<void> | undefined;
  /** Whether the last request was one to list the shards. */
  #isListing = false;

  /** Sends nothing yet. `signal` ends all requests and waits. */
  constructor(
    options: FirstListOptions,
    resharding: Resharding<unknown>,
    listing: ShardListing,
    distribution: Distribution,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#resharding = resharding;
    this.#listing = listing;
    this.#distribution = distribution;
    this.#signal = signal;
    this.#state = new StreamState(options, signal);
    this.#patience = new ResettableTimer(
      options.clock,
      PATIENCE_MS,
      () => {
        resharding.start();
        this.#overtime.resolve();
      },
    );
  }

  /**
   * Lets values be sent when the shards are known, or after three seconds or `maxAttempts` tries
   * without a list. Returns whether the answer is known: a list, or that the shards cannot be
   * listed.
   *
   * @throws {KinesisError} if the stream does not exist or cannot be asked, or if it distributes
   * records in a way that the options do not allow
   */
  async run(): Promise<boolean> {
    // The list that is under way ends some time after the abort; no timer may wait for that.
    const stopListening = onAbort(this.#signal, () => this.#patience.clear());
    try {
      const isKnown = await this.#list();
      // The answer may be later than the list.
      await this.#asking;
      return isKnown;
    } finally {
      stopListening();
      this.#patience.clear();
    }
  }

  async #list(): Promise<boolean> {
    const { maxAttempts, clock, random } = this.#options;
    let mayWrite = false;
    try {
      return await retry(() => this.#listOnce(), {
        backoff: BACKOFF,
        maxFailures: maxAttempts,
        random,
        clock,
        signal: this.#signal,
        mayRetry: (error) => {
          mayWrite = this.#mayWriteAfter(error);
          if (!mayWrite) this.#patience.clear();
          return !this.#resharding.isStarted && this.#mayHelp(error);
        },
      });
    } catch (error) {
      const { isStarted } = this.#resharding;
      if (!this.#signal.aborted && (isStarted || mayWrite)) return false;
      throw error;
    }
  }

  /** Returns false if values are sent already: later lists are left to {@linkcode ShardWatch}. */
  async #listOnce(): Promise<boolean> {
    const { createStream } = this.#options;
    if (this.#resharding.isStarted) return false;
    this.#isListing = false;
    try {
      if (createStream) {
        const facts = await this.#listing.createIfMissing(createStream);
        await this.#distribution.begin(facts);
      }
      this.#isListing = true;
      this.#patience.set();
      await this.#resharding.list(false, this.#ask());
      return true;
    } catch (error) {
      throw await this.#state.judge(error);
    }
  }

  /**
   * Asks how the stream distributes records, if that must be known before the first value is sent.
   * Resolves when the answer is applied, or when the values have waited long enough.
   */
  #ask(): Promise<void> | undefined {
    const { createStream } = this.#options;
    const distribution = this.#distribution;
    if (createStream || !distribution.mattersAtOnce) return undefined;
    this.#asking = this.#listing.describe()
      .then((facts) => distribution.begin(facts));
    const ready = Promise.race([this.#asking, this.#overtime.promise]);
    // The list may be under way, or may fail first and end the producer.
    for (const promise of [this.#asking, ready]) promise.catch(() => {});
    return ready;
  }

  #mayHelp(error: unknown): boolean {
    return error instanceof KinesisError &&
      (error.retryable ||
        !!this.#options.createStream && error.code === NOT_FOUND);
  }

  /** Whether only ListShards is out of order. With other errors no record can be written either. */
  #mayWriteAfter(error: unknown): boolean {
    return this.#isListing && this.#mayHelp(error) &&
      !NOT_ACTIVE.includes((error as KinesisError).code) &&
      !(error instanceof ServiceError && error.retryBriefly);
  }
}
