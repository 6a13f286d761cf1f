/**
 * Remembers credentials and renews them in time.
 *
 * @module
 */
import { type Clock, monotonicNow, systemClock } from "../_core/clock.ts";
import { SharedCall } from "../_core/shared_call.ts";
import {
  areSameKeys,
  checkExpiration,
  type Credentials,
  type CredentialsProvider,
} from "./credentials.ts";

/** Options of {@linkcode cachedCredentials}. */
export interface CachedCredentialsOptions {
  /** Time. Default: that of the runtime. */
  clock?: Clock;
  /** How long before they expire credentials are renewed, in milliseconds. @default {300_000} */
  refreshBeforeMs?: number;
}

/** A provider that remembers; callers that wait at the same time share one look-up. */
export interface CachedCredentialsProvider {
  /**
   * The credentials. When the signal aborts, the call rejects with its reason, and a look-up that is still under way is
   * not waited for by later calls: they start another.
   */
  (options?: { signal?: AbortSignal }): Promise<Credentials>;
  /**
   * Forgets that credentials are good, as when the service says that they have expired: the next call renews them. With
   * `refused`, the ones that a request was signed with, nothing happens if they have been renewed since.
   */
  expire(refused?: Credentials): void;
}

/** Pause after the first renewal that failed or brought nothing better; it doubles with each one after it. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Wraps a provider, so that it is asked once and again only when less than `refreshBeforeMs` remain. While it is asked
 * again, and while that fails, the old credentials are given out as long as they are valid; after that calls wait, and
 * reject with the last error. Between renewals that bring nothing there is a pause of 1 second, growing to 60, however
 * often credentials are asked for. A look-up that takes longer than a minute, or than a caller could wait, holds up no
 * other: the next call starts another.
 *
 * @example
 * ```ts
 * import { cachedCredentials, createCredentials } from "@webstreams/kinesis/credentials";
 * import { assertEquals } from "@std/assert";
 *
 * let calls = 0;
 * const provider = cachedCredentials(() => {
 *   calls++;
 *   return Promise.resolve(createCredentials({ accessKeyId: "AKIA", secretAccessKey: "s" }));
 * });
 * await Promise.all([provider(), provider()]);
 * await provider();
 * assertEquals(calls, 1);
 * ```
 */
export function cachedCredentials(
  provider: CredentialsProvider,
  options: CachedCredentialsOptions = {},
): CachedCredentialsProvider {
  const cache = new Cache(provider, options);
  return Object.assign(
    (options: { signal?: AbortSignal } = {}) => cache.get(options.signal),
    { expire: (refused?: Credentials) => cache.expire(refused) },
  );
}

class Cache {
  readonly #provider: CredentialsProvider;
  readonly #clock: Clock;
  readonly #refreshBeforeMs: number;
  readonly #lookUp: SharedCall<Credentials>;
  #credentials: Credentials | undefined;
  #refused: Credentials | undefined;
  #error: unknown;
  #failures = 0;
  #pausedUntil = -Infinity;
  /** Look-ups that were started, and the latest of them that has come to an end. */
  #started = 0;
  #ended = 0;

  constructor(
    provider: CredentialsProvider,
    { clock = systemClock, refreshBeforeMs = 300_000 }:
      CachedCredentialsOptions,
  ) {
    this.#provider = provider;
    this.#clock = clock;
    this.#refreshBeforeMs = refreshBeforeMs;
    this.#lookUp = new SharedCall(() => this.#refresh(), clock);
  }

  async get(signal?: AbortSignal): Promise<Credentials> {
    if (this.#remainingMs() > this.#refreshBeforeMs) return this.#credentials!;
    const isPaused = monotonicNow(this.#clock) < this.#pausedUntil;
    if (this.#remainingMs() > 0) {
      // Credentials that are still valid are given out at once, and the renewal runs beside.
      if (!isPaused) this.#lookUp.begin();
      return this.#credentials!;
    }
    return isPaused && !this.#lookUp.isRunning
      ? await this.#whatThereIs()
      : await this.#lookUp.run(signal);
  }

  expire(refused: Credentials | undefined = this.#credentials): void {
    this.#refused = refused;
  }

  async #refresh(): Promise<Credentials> {
    const turn = ++this.#started;
    try {
      const found = await this.#provider();
      if (found) checkExpiration(found);
      if (!this.#isLatest(turn)) return found;
      this.#credentials = found;
      this.#error = undefined;
      if (this.#remainingMs() > this.#refreshBeforeMs) this.#failures = 0;
      else this.#pause();
      return found;
    } catch (error) {
      if (!this.#isLatest(turn)) throw error;
      this.#error = error;
      this.#pause();
      return await this.#whatThereIs();
    }
  }

  /** Whether no later look-up has ended already: one that callers have left may end after its successor. */
  #isLatest(turn: number): boolean {
    if (turn < this.#ended) return false;
    this.#ended = turn;
    return true;
  }

  #pause(): void {
    const ms = Math.min(
      FIRST_PAUSE_MS * 2 ** this.#failures++,
      LONGEST_PAUSE_MS,
    );
    this.#pausedUntil = monotonicNow(this.#clock) + ms;
  }

  /** The old credentials if they may still be good, else why there are none. */
  #whatThereIs(): Promise<Credentials> {
    const expiration = this.#credentials?.expiration?.getTime() ?? Infinity;
    // Without an error the source itself gave them out so late: they are the best there is.
    const isUsable = this.#error === undefined ||
      !this.#isRefused && expiration > this.#clock.now();
    return this.#credentials && isUsable
      ? Promise.resolve(this.#credentials)
      : Promise.reject(this.#error);
  }

  get #isRefused(): boolean {
    return this.#refused !== undefined && this.#credentials !== undefined &&
      areSameKeys(this.#refused, this.#credentials);
  }

  #remainingMs(): number {
    if (!this.#credentials || this.#isRefused) return -Infinity;
    const { expiration } = this.#credentials;
    return expiration ? expiration.getTime() - this.#clock.now() : Infinity;
  }
}
