/**
 * The credentials of a client, whatever it was given.
 *
 * @module
 */
import { raceAbort } from "../_core/race_abort.ts";
import { SharedCall } from "../_core/shared_call.ts";
import { systemClock } from "../_core/clock.ts";
import { areFixed } from "../credentials/credentials.ts";
import {
  cachedCredentials,
  type CachedCredentialsProvider,
  createCredentials,
  type Credentials,
  type CredentialsProvider,
  defaultCredentials,
  type DefaultCredentialsOptions,
} from "../credentials/mod.ts";
import { CredentialsError, KinesisError } from "../errors.ts";

/** Gives out credentials for one action after the other. */
export interface KeySource {
  /**
   * The credentials for the next request. Rejects with the signal's reason when it aborts; the next caller is not held up
   * by a look-up that has not ended by then.
   *
   * @throws {CredentialsError} if there are none, or the function of the user failed
   */
  get(action: string, signal: AbortSignal): Promise<Credentials>;
  /** The account of the credentials, where they name one; rejects as {@linkcode KeySource.get} does. */
  accountId(action: string, signal: AbortSignal): Promise<string | undefined>;
  /** Called when the service refuses credentials; returns whether asking again may bring others. */
  expire(refused: Credentials): boolean;
  /** Whether the source may have others in a while, so that an expired token is not the end. */
  readonly mayChange: boolean;
}

/** Makes the source for the `credentials` option. */
export function keySource(
  credentials: Credentials | CredentialsProvider | undefined,
  options: DefaultCredentialsOptions,
): KeySource {
  if (typeof credentials === "object") return new StaticKeys(credentials);
  return new ProvidedKeys(credentials ?? defaultCredentials(options), options);
}

class StaticKeys implements KeySource {
  readonly #credentials: Credentials;

  constructor(credentials: Credentials) {
    checkStatic(credentials);
    this.#credentials = createCredentials(credentials);
  }

  get(): Promise<Credentials> {
    return Promise.resolve(this.#credentials);
  }

  accountId(): Promise<string | undefined> {
    return Promise.resolve(this.#credentials.accountId);
  }

  expire(): boolean {
    return false;
  }

  get mayChange(): boolean {
    return false;
  }
}

/**
 * Asks a function: every time as long as it does not say when its credentials expire, and from then on only when they are
 * about to. Requests that come while it is being asked share the answer, unless one of them could not wait for it.
 */
class ProvidedKeys implements KeySource {
  readonly #provider: CredentialsProvider;
  readonly #options: DefaultCredentialsOptions;
  readonly #asking: SharedCall<Credentials>;
  #cache: CachedCredentialsProvider | undefined;
  #last: Credentials | undefined;
  #mayChange = true;

  constructor(
    provider: CredentialsProvider,
    options: DefaultCredentialsOptions,
  ) {
    this.#provider = provider;
    this.#options = options;
    const { clock = systemClock } = options;
    this.#asking = new SharedCall(() => this.#first(), clock);
    if (isCached(provider)) this.#cache = provider;
  }

  async get(action: string, signal: AbortSignal): Promise<Credentials> {
    let credentials: Credentials;
    try {
      // The race is for a caching function of the user that ignores signals.
      credentials = await (this.#cache
        ? raceAbort(this.#cache({ signal }), signal)
        : this.#asking.run(signal));
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      if (cause instanceof KinesisError) throw cause;
      throw new CredentialsError(
        `Cannot ${action} as the credentials function failed: ${String(cause)}`,
        // Most providers ask over a network, and that may work the next time.
        { code: "CredentialsFailed", cause, retryable: true },
      );
    }
    this.#last = checked(action, credentials);
    this.#mayChange = !areFixed(credentials);
    return this.#last;
  }

  async accountId(
    action: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    // One that is asked before every attempt need not be asked twice: what it said last will do.
    const { accountId } = this.#cache || !this.#last
      ? await this.get(action, signal)
      : this.#last;
    return accountId;
  }

  expire(refused: Credentials): boolean {
    this.#cache?.expire(refused);
    return true;
  }

  get mayChange(): boolean {
    return this.#mayChange;
  }

  async #first(): Promise<Credentials> {
    const found = await this.#provider();
    // A second look-up may run beside one that its callers could not wait for.
    if (found?.expiration && !this.#cache) {
      let isFirst = true;
      this.#cache = cachedCredentials(async () => {
        if (!isFirst) return await this.#provider();
        isFirst = false;
        return found;
      }, { clock: this.#options.clock });
      return await this.#cache();
    }
    return found;
  }
}

function isCached(
  provider: CredentialsProvider,
): provider is CachedCredentialsProvider {
  return typeof (provider as Partial<CachedCredentialsProvider>).expire ===
    "function";
}

/** Without any value in its message: a secret may have got into the wrong field. */
function checkStatic(credentials: Credentials): void {
  const refuse = (field: keyof Credentials, rule: string) => {
    throw new CredentialsError(
      `Cannot create KinesisClient as '${field}' of 'credentials' must be ${rule}`,
      { code: "InvalidCredentials" },
    );
  };
  for (const field of ["accessKeyId", "secretAccessKey"] as const) {
    const value: unknown = credentials[field];
    if (typeof value === "string" && value !== "") continue;
    refuse(field, "a text that is not empty");
  }
  for (const field of ["sessionToken", "accountId"] as const) {
    const value: unknown = credentials[field] ?? "";
    if (typeof value === "string") continue;
    refuse(field, "a text or absent");
  }
  const { expiration } = credentials;
  // Of whichever realm the Date is.
  if (expiration && !Number.isFinite(expiration.getTime?.())) {
    refuse("expiration", "a valid Date or absent");
  }
}

function checked(action: string, credentials: Credentials): Credentials {
  if (credentials?.accessKeyId && credentials.secretAccessKey) {
    // Checks what goes into headers, and hides the secrets from whoever prints what they are part of.
    return createCredentials(credentials);
  }
  throw new CredentialsError(
    `Cannot ${action} as there are no credentials: 'accessKeyId' and 'secretAccessKey' must be texts that are not empty`,
  );
}
