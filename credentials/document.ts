/**
 * The JSON objects that carry credentials; every service has its own names for the same fields.
 *
 * @module
 */
import { createCredentials, type Credentials } from "./credentials.ts";
import { unusable } from "./environment.ts";

/** Where the fields are in a document. */
export interface DocumentShape {
  /** The access key id. */
  readonly accessKeyId: string;
  /** The secret access key. */
  readonly secretAccessKey: string;
  /** The session token. */
  readonly sessionToken: string;
  /** The time of expiry: ISO 8601 text, or milliseconds since the epoch. */
  readonly expiration: string;
  /** The account. */
  readonly accountId?: string;
}

/** As IMDS and containers write it. */
export const TOKEN_SHAPE: DocumentShape = {
  accessKeyId: "AccessKeyId",
  secretAccessKey: "SecretAccessKey",
  sessionToken: "Token",
  expiration: "Expiration",
  accountId: "AccountId",
};

/** As STS and `credential_process` write it. */
export const SESSION_TOKEN_SHAPE: DocumentShape = {
  ...TOKEN_SHAPE,
  sessionToken: "SessionToken",
};

/** As the SSO portal writes it. */
export const SSO_SHAPE: DocumentShape = {
  accessKeyId: "accessKeyId",
  secretAccessKey: "secretAccessKey",
  sessionToken: "sessionToken",
  expiration: "expiration",
  accountId: "accountId",
};

/**
 * Reads credentials.
 *
 * @throws {CredentialsError} if a key is missing or a field is not what it should be; names the field and never shows a value
 */
export function credentialsFromDocument(
  what: string,
  document: Readonly<Record<string, unknown>>,
  shape: DocumentShape,
): Credentials {
  const text = (name: string | undefined, isNeeded = false) => {
    const value = name && Object.hasOwn(document, name)
      ? document[name]
      : undefined;
    if (typeof value === "string" && value !== "") return value;
    if (!isNeeded && (value ?? "") === "") return undefined;
    throw unusable(`Cannot read ${what}: '${name}' is missing or not text`);
  };
  return createCredentials({
    accessKeyId: text(shape.accessKeyId, true)!,
    secretAccessKey: text(shape.secretAccessKey, true)!,
    sessionToken: text(shape.sessionToken),
    expiration: expirationOf(what, document[shape.expiration]),
    accountId: text(shape.accountId),
  });
}

/** Reads a time of expiry, which some sources leave out. */
export function expirationOf(what: string, value: unknown): Date | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const date = new Date(value as string | number);
  if (Number.isNaN(date.getTime())) {
    throw unusable(`Cannot read ${what}: the expiration is no time`);
  }
  return date;
}
