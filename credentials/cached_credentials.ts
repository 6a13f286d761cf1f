/**
 * Remembers credentials and renews them in time.
 *
 * @module
 */
import { type Clock, monotonicNow, systemClock } from "../_core/clock.ts";
import type { Credentials, CredentialsProvider } from "./credentials.ts";

/** Options of {@linkcode cachedCredentials}. */
export interface CachedCredentialsOptions {
  /** Time. Default: that of the runtime. */
  clock?: Clock;
  /** How long before they expire credentials are renewed, in milliseconds. @default {300_000} */
  refreshBeforeMs?: number;
}

/** A provider that remembers; all callers share one look-up. */
export interface CachedCredentialsProvider {
  /** The credentials. */
  (): Promise<Credentials>;
  /** Forgets that the credentials are good, as when the service says that they have expired: the next call renews them. */
  expire(): void;
}

/** Pause after the first renewal that failed or brought nothing better; it doubles with each one after it. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Wraps a provider, so that it is asked once and again only when less than `refreshBeforeMs` remain. While a renewal fails
 * the old credentials are given out as long as they are valid; after that calls reject with the last error. Between
 * renewals that bring nothing there is a pause of 1 second, growing to 60, however often credentials are asked for.
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
  return Object.assign(() => cache.get(), { expire: () => cache.expire() });
}

class Cache {
  readonly #provider: CredentialsProvider;
  readonly #clock: Clock;
  readonly #refreshBeforeMs: number;
  #credentials: Credentials | undefined;
  #isRefused = false;
  #error: unknown;
  #inFlight: Promise<Credentials> | undefined;
  #failures = 0;
  #pausedUntil = -Infinity;

  constructor(
    provider: CredentialsProvider,
    { clock = systemClock, refreshBeforeMs = 300_000 }:
      CachedCredentialsOptions,
  ) {
    this.#provider = provider;
    this.#clock = clock;
    this.#refreshBeforeMs = refreshBeforeMs;
  }

  get(): Promise<Credentials> {
    if (this.#remainingMs() > this.#refreshBeforeMs) {
      return Promise.resolve(this.#credentials!);
    }
    if (this.#inFlight) return this.#inFlight;
    if (monotonicNow(this.#clock) < this.#pausedUntil) {
      return this.#whatThereIs();
    }
    return this.#inFlight = this.#refresh().finally(() => {
      this.#inFlight = undefined;
    });
  }

  expire(): void {
    this.#isRefused = true;
  }

  async #refresh(): Promise<Credentials> {
    const before = this.#credentials;
    try {
      this.#credentials = await this.#provider();
      this.#error = undefined;
      this.#isRefused = this.#isRefused &&
        this.#credentials.accessKeyId === before?.accessKeyId &&
        this.#credentials.sessionToken === before?.sessionToken;
      if (this.#remainingMs() > this.#refreshBeforeMs) this.#failures = 0;
      else this.#pause();
      return this.#credentials;
    } catch (error) {
      this.#error = error;
      this.#pause();
      return await this.#whatThereIs();
    }
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

  #remainingMs(): number {
    if (!this.#credentials || this.#isRefused) return -Infinity;
    const { expiration } = this.#credentials;
    return expiration ? expiration.getTime() - this.#clock.now() : Infinity;
  }
}
