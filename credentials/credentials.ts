/**
 * What credentials are, and an object of them that keeps its secrets to itself.
 *
 * @module
 */
import { CredentialsError } from "../errors.ts";

/** Keys that sign requests. Plain objects of this shape will do, and so do those of `@aws-sdk/credential-providers`. */
export interface Credentials {
  /** The public part, for example `AKIAIOSFODNN7EXAMPLE`. */
  readonly accessKeyId: string;
  /** The secret part. */
  readonly secretAccessKey: string;
  /** The token that temporary credentials are sent with. */
  readonly sessionToken?: string;
  /** When they stop being valid; absent if they stay valid. */
  readonly expiration?: Date;
  /** The account that they belong to, where the source tells. */
  readonly accountId?: string;
}

/** Finds credentials. Whether it looks anew at each call or remembers is its own business; see {@linkcode cachedCredentials}. */
export type CredentialsProvider = () => Promise<Credentials>;

/** A key id or token that some header could not carry; secret keys are never sent but never have control characters either. */
const UNUSABLE = {
  accessKeyId: /[^!-~]/,
  secretAccessKey: /[^ -~]/,
  sessionToken: /[^!-~]/,
} as const;

/**
 * Makes credentials whose secrets do not show in logs: neither `console.log`, `Deno.inspect`, `JSON.stringify`, `String()` nor a
 * spread `{...credentials}` give them away. Only reading the properties does.
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
 * @throws {CredentialsError} if a field is of another type, or a key or token has characters that it cannot have, such as a line break that was pasted with it
 */
export function createCredentials(fields: Credentials): Credentials {
  return new DiscreetCredentials(fields);
}

const FIXED = new WeakSet<Credentials>();

/** Like {@linkcode createCredentials}, of a source that never gives others: to ask it again is of no use. */
export function fixedCredentials(fields: Credentials): Credentials {
  const credentials = createCredentials(fields);
  FIXED.add(credentials);
  return credentials;
}

/** Whether the source of these credentials never gives others. */
export function areFixed(credentials: Credentials): boolean {
  return FIXED.has(credentials);
}

/** Whether two are the same keys, whatever is said about their expiry. */
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
      // Checked here, since some runtimes show a header that they cannot send in their error.
      const value: unknown = fields[field] ?? "";
      if (typeof value !== "string") throw invalid(`'${field}' must be a text`);
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
 * Credentials that are known already.
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
