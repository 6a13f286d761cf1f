/**
 * The credentials of a client, from the option `credentials`.
 *
 * @module
 */
import { systemClock } from "../_core/clock.ts";
import { raceAbort } from "../_core/race_abort.ts";
import { SharedCall } from "../_core/shared_call.ts";
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

/** Gets the credentials of each request. */
export interface CredentialsSource {
  /**
   * The credentials for the next request. Rejects with the signal's reason when the signal aborts.
   * A look-up that is still running then does not block later calls.
   *
   * @throws {CredentialsError} if there are no credentials or the user's function fails
   */
  get(action: string, signal: AbortSignal): Promise<Credentials>;
  /**
   * The account of the credentials, if they name it. Rejects like
   * {@linkcode CredentialsSource.get}.
   */
  accountId(action: string, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Notes that the service has refused credentials. Returns whether the next call may get other
   * credentials.
   */
  expire(refused: Credentials): boolean;
  /** Whether the source may have other credentials later. */
  readonly mayChange: boolean;
}

/** Makes the source for the option `credentials` of the class `owner`. */
export function credentialsSource(
  credentials: Credentials | CredentialsProvider | undefined,
  options: DefaultCredentialsOptions & { owner: string },
): CredentialsSource {
  if (typeof credentials === "object") {
    return new StaticCredentials(credentials, options.owner);
  }
  // Not all options: `endpoint` and `timeoutMs` of a client are no options of its credentials.
  const { fetch, environment, clock, region } = options;
  const provider = credentials ??
    defaultCredentials({ fetch, environment, clock, region });
  return new ProvidedCredentials(provider, options);
}

class StaticCredentials implements CredentialsSource {
  readonly #credentials: Credentials;

  constructor(credentials: Credentials, owner: string) {
    checkStatic(credentials, owner);
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
 * Calls the user's function: before every request while its credentials have no `expiration`, and
 * shortly before they expire once they have one. Requests that wait at the same time share one
 * call, unless one of them has given up on it.
 */
class ProvidedCredentials implements CredentialsSource {
  readonly #provider: CredentialsProvider;
  readonly #options: DefaultCredentialsOptions;
  readonly #lookUp: SharedCall<Credentials>;
  /** Present once the credentials have an `expiration`. */
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
    this.#lookUp = new SharedCall(() => this.#ask(), clock);
    if (isCached(provider)) this.#cache = provider;
  }

  async get(action: string, signal: AbortSignal): Promise<Credentials> {
    let credentials: Credentials;
    try {
      // The user may have passed a caching function that ignores the signal.
      credentials = await (this.#cache
        ? raceAbort(this.#cache({ signal }), signal)
        : this.#lookUp.run(signal));
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      if (cause instanceof KinesisError) throw cause;
      throw new CredentialsError(
        `Cannot ${action} as the credentials function failed: ${String(cause)}`,
        // Most functions ask a service over the network, which may work the next time.
        { code: "CredentialsFailed", cause, retryable: true },
      );
    }
    this.#last = checkProvided(action, credentials);
    this.#mayChange = !areFixed(credentials);
    return this.#last;
  }

  async accountId(
    action: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    // A function that is called before every attempt is not called twice for one attempt.
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

  /** Calls the function. Starts to cache as soon as its credentials have an `expiration`. */
  async #ask(): Promise<Credentials> {
    const found = await this.#provider();
    // Two calls may run at the same time if the callers of the first have given up on it.
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

/** The messages show no values: a field may hold the secret of another field by mistake. */
function checkStatic(credentials: Credentials, owner: string): void {
  const refuse = (field: keyof Credentials, rule: string) => {
    throw new CredentialsError(
      `Cannot create ${owner} as '${field}' of 'credentials' must be ${rule}`,
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
  // Not instanceof: the Date may come from another realm.
  if (expiration && !Number.isFinite(expiration.getTime?.())) {
    refuse("expiration", "a valid Date or absent");
  }
}

function checkProvided(action: string, credentials: Credentials): Credentials {
  if (credentials?.accessKeyId && credentials.secretAccessKey) {
    // Checks the characters of each field, and hides the secrets when the object is printed.
    return createCredentials(credentials);
  }
  throw new CredentialsError(
    `Cannot ${action} as there are no credentials: 'accessKeyId' and 'secretAccessKey' must be texts that are not empty`,
  );
}
