/**
 * Credentials, and objects of them that do not show their secrets.
 *
 * @module
 */
import { CredentialsError } from "../errors.ts";

/**
 * Credentials that sign requests. Plain objects of this shape are accepted, also those of
 * `@aws-sdk/credential-providers`.
 */
export interface Credentials {
  /** The access key id, which is not secret. Example: `AKIAIOSFODNN7EXAMPLE`. */
  readonly accessKeyId: string;
  /** The secret access key. */
  readonly secretAccessKey: string;
  /** The session token of temporary credentials. */
  readonly sessionToken?: string;
  /** The time at which they expire. Absent if they do not expire. */
  readonly expiration?: Date;
  /** The id of the account that they belong to, if the source names it. */
  readonly accountId?: string;
}

/**
 * Finds credentials. Called for each request; {@linkcode cachedCredentials} adds a cache to a
 * provider that has none.
 */
export type CredentialsProvider = () => Promise<Credentials>;

/**
 * Characters that a field cannot have. Ids and tokens are sent in headers. Secret keys are not
 * sent, but have no control characters either.
 */
const UNUSABLE = {
  accessKeyId: /[^!-~]/,
  secretAccessKey: /[^ -~]/,
  sessionToken: /[^!-~]/,
} as const;

/**
 * Makes credentials that do not show their secrets in logs: `console.log`, `Deno.inspect`,
 * `JSON.stringify`, `String()` and a spread `{...credentials}` omit them. Only the properties
 * themselves return the secrets.
 *
 * @example
 * ```ts
 * import { createCredentials } from "@webstreams/kinesis/credentials";
 * import { assertEquals } from "@std/assert";
 *
 * const credentials = createCredentials({
 *   accessKeyId: "AKIAIOSFODNN7EXAMPLE",
 *   secretAccessKey: "not for your eyes",
 * });
 * assertEquals(credentials.secretAccessKey, "not for your eyes");
 * assertEquals(String(credentials), "Credentials(AKIAIOSFODNN7EXAMPLE)");
 * assertEquals(JSON.stringify(credentials), `{"accessKeyId":"AKIAIOSFODNN7EXAMPLE"}`);
 * ```
 *
 * @throws {CredentialsError} `InvalidCredentials` if a field has another type, or a key or token has
 * a character that it cannot have, such as a pasted line break
 */
export function createCredentials(fields: Credentials): Credentials {
  return new DiscreetCredentials(fields);
}

const FIXED = new WeakSet<Credentials>();

/** Like {@linkcode createCredentials}, for a source that always returns the same credentials. */
export function fixedCredentials(fields: Credentials): Credentials {
  const credentials = createCredentials(fields);
  FIXED.add(credentials);
  return credentials;
}

/** Whether the source of these credentials always returns the same. */
export function areFixed(credentials: Credentials): boolean {
  return FIXED.has(credentials);
}

/** Whether two credentials are the same, apart from their expiration. */
export function areSameKeys(a: Credentials, b: Credentials): boolean {
  return a.accessKeyId === b.accessKeyId && a.sessionToken === b.sessionToken;
}

/**
 * Checks the time of expiry that a user's function gave. `null` counts as absent.
 *
 * @throws {CredentialsError} if it is anything but a valid Date
 */
export function checkExpiration(
  { expiration }: Pick<Credentials, "expiration">,
): void {
  // Not instanceof: the Date may come from another realm.
  if ((expiration ?? null) === null) return;
  if (Number.isFinite(expiration?.getTime?.())) return;
  throw invalid("'expiration' must be a valid Date or absent");
}

function invalid(reason: string): CredentialsError {
  return new CredentialsError(`Cannot use credentials as ${reason}`, {
    code: "InvalidCredentials",
  });
}

class DiscreetCredentials implements Credentials {
  readonly #fields: Credentials;

  constructor(fields: Credentials) {
    if (typeof fields !== "object" || fields === null) {
      throw invalid("they must be an object");
    }
    checkExpiration(fields);
    const { accessKeyId, secretAccessKey } = fields;
    const { sessionToken, expiration, accountId } = fields;
    for (const field of Object.keys(UNUSABLE) as (keyof typeof UNUSABLE)[]) {
      const value: unknown = fields[field] ?? "";
      if (typeof value !== "string") throw invalid(`'${field}' must be a text`);
      // Some runtimes show an invalid header in their error, so it is found here.
      if (!UNUSABLE[field].test(value)) continue;
      throw invalid(
        `'${field}' has a space, a line break or another character that it cannot have`,
      );
    }
    this.#fields = {
      accessKeyId,
      secretAccessKey,
      sessionToken,
      expiration,
      accountId,
    };
  }

  get accessKeyId(): string {
    return this.#fields.accessKeyId;
  }

  get secretAccessKey(): string {
    return this.#fields.secretAccessKey;
  }

  get sessionToken(): string | undefined {
    return this.#fields.sessionToken;
  }

  get expiration(): Date | undefined {
    return this.#fields.expiration;
  }

  get accountId(): string | undefined {
    return this.#fields.accountId;
  }

  toJSON(): Partial<Credentials> {
    const { accessKeyId, expiration, accountId } = this.#fields;
    return { accessKeyId, expiration, accountId };
  }

  toString(): string {
    return `Credentials(${this.accessKeyId})`;
  }

  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * A provider of fixed credentials.
 *
 * @throws {TypeError} if one of the two keys is missing
 */
export function staticCredentials(fields: Credentials): CredentialsProvider {
  for (const field of ["accessKeyId", "secretAccessKey"] as const) {
    if (typeof fields?.[field] !== "string" || fields[field] === "") {
      throw new TypeError(
        `Cannot use static credentials as '${field}' must be a non-empty string`,
      );
    }
  }
  const credentials = fixedCredentials(fields);
  return () => Promise.resolve(credentials);
}
