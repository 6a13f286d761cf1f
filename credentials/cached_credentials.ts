/**
 * Caches credentials and renews them before they expire.
 *
 * @module
 */
import { type Clock, monotonicNow, systemClock } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { SharedCall } from "../_core/shared_call.ts";
import {
  areSameKeys,
  checkExpiration,
  type Credentials,
  type CredentialsProvider,
} from "./credentials.ts";

/** Options of {@linkcode cachedCredentials}. */
export interface CachedCredentialsOptions {
  /** The clock. Default: the clock of the runtime. */
  clock?: Clock;
  /**
   * Credentials are renewed this long before they expire, in milliseconds.
   * @default {300_000}
   */
  refreshBeforeMs?: number;
}

/** A provider with a cache. Callers that wait at the same time share one look-up. */
export interface CachedCredentialsProvider {
  /**
   * The credentials. Rejects with the signal's reason when the signal aborts. Later calls do not
   * wait for a look-up that a caller has given up on: they start another one.
   */
  (options?: { signal?: AbortSignal }): Promise<Credentials>;
  /**
   * Marks the cached credentials as expired, for example after the service has refused them. The
   * next call renews them. `refused` are the credentials that were refused: nothing happens if the
   * cache has newer ones by now.
   */
  expire(refused?: Credentials): void;
}

/**
 * The pause after a renewal that failed or returned credentials that expire just as soon, in
 * milliseconds. It doubles with each further one.
 */
const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 60_000;

/**
 * Adds a cache to a provider. The provider is called once, and again when less than
 * `refreshBeforeMs` of its credentials' life is left.
 *
 * - During a renewal, calls return the old credentials while they are valid. After that, calls wait
 *   for the renewal.
 * - If renewals fail, calls return the old credentials while they are valid. After that, calls
 *   reject with the last error. The pauses between renewals grow from 1 to 60 seconds.
 * - A look-up that takes longer than 3 seconds, or that a caller has given up on, blocks no other
 *   call: the next call starts another look-up, and so does the first of the calls that wait.
 *
 * @throws {TypeError} if `options` is not an object or has an unknown option
 * @throws {RangeError} if `refreshBeforeMs` is negative
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
  /** How many look-ups have started, and the number of the latest that has ended. */
  #started = 0;
  #ended = 0;

  constructor(
    provider: CredentialsProvider,
    options: CachedCredentialsOptions,
  ) {
    const check = new OptionCheck("Cannot use cachedCredentials");
    check.object("options", options ?? null, ["clock", "refreshBeforeMs"]);
    const { clock = systemClock, refreshBeforeMs } = options;
    this.#provider = provider;
    this.#clock = clock;
    this.#refreshBeforeMs = check.number("refreshBeforeMs", refreshBeforeMs, {
      default: 300_000,
    });
    this.#lookUp = new SharedCall(() => this.#refresh(), clock);
  }

  async get(signal?: AbortSignal): Promise<Credentials> {
    if (this.#remainingMs() > this.#refreshBeforeMs) return this.#credentials!;
    const isPaused = monotonicNow(this.#clock) < this.#pausedUntil;
    if (this.#remainingMs() > 0) {
      // The renewal runs in the background while the credentials are valid.
      if (!isPaused) this.#lookUp.begin();
      return this.#credentials!;
    }
    return isPaused && !this.#lookUp.isRunning
      ? await this.#cachedOrError()
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
      return await this.#cachedOrError();
    }
  }

  /**
   * Whether no later look-up has ended. A look-up that its callers have given up on may end after
   * the next one.
   */
  #isLatest(turn: number): boolean {
    if (turn < this.#ended) return false;
    this.#ended = turn;
    return true;
  }

  #pause(): void {
    const ms = Math.min(
      FIRST_PAUSE_MS * 2 ** this.#failures++,
      MAX_PAUSE_MS,
    );
    this.#pausedUntil = monotonicNow(this.#clock) + ms;
  }

  /**
   * The cached credentials if they may be valid. Otherwise rejects with the error of the look-up.
   */
  #cachedOrError(): Promise<Credentials> {
    const expiration = this.#credentials?.expiration?.getTime() ?? Infinity;
    // Without an error, the provider itself returned credentials that have expired. It has no
    // others.
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
