/**
 * Reads credentials from JSON objects. Each service has its own names for the fields.
 *
 * @module
 */
import { createCredentials, type Credentials } from "./credentials.ts";
import { unusable } from "./environment.ts";

/** The names of the fields. */
export interface DocumentShape {
  /** The access key id. */
  readonly accessKeyId: string;
  /** The secret access key. */
  readonly secretAccessKey: string;
  /** The session token. */
  readonly sessionToken: string;
  /** The time of expiry. {@linkcode expirationOf} lists the formats. */
  readonly expiration: string;
  /** The account. */
  readonly accountId?: string;
}

/** The names in answers of the instance metadata service and of containers. */
export const TOKEN_SHAPE: DocumentShape = {
  accessKeyId: "AccessKeyId",
  secretAccessKey: "SecretAccessKey",
  sessionToken: "Token",
  expiration: "Expiration",
  accountId: "AccountId",
};

/** The names in answers of STS and in the output of `credential_process`. */
export const SESSION_TOKEN_SHAPE: DocumentShape = {
  ...TOKEN_SHAPE,
  sessionToken: "SessionToken",
};

/** The names in answers of Cognito. */
export const COGNITO_SHAPE: DocumentShape = {
  ...SESSION_TOKEN_SHAPE,
  secretAccessKey: "SecretKey",
};

/** The names in answers of the SSO portal. */
export const SSO_SHAPE: DocumentShape = {
  accessKeyId: "accessKeyId",
  secretAccessKey: "secretAccessKey",
  sessionToken: "sessionToken",
  expiration: "expiration",
  accountId: "accountId",
};

/**
 * Reads credentials. `what` names the document in error messages.
 *
 * @throws {CredentialsError} if a key is missing or a field has a wrong type. The message names the
 * field and shows no value
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

/** Smaller numbers are seconds. As milliseconds they would mean a time before March 1973. */
const MIN_MS = 1e11;
/** A date and a time, with `Z`, `UTC`, `GMT`, an offset, or no time zone, which means UTC. */
const TIME =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?) ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;

/**
 * Reads a time of expiry: ISO 8601 or a similar text, or seconds or milliseconds since 1970, as a
 * number or text. `undefined` if the value is absent or empty.
 *
 * @throws {CredentialsError} if it is not a time
 */
export function expirationOf(what: string, value: unknown): Date | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const date = new Date(millisecondsOf(value));
  if (Number.isNaN(date.getTime())) {
    throw unusable(`Cannot read ${what}: the expiration is not a time`);
  }
  return date;
}

function millisecondsOf(value: unknown): number {
  if (typeof value === "number") return fromEpoch(value);
  if (typeof value !== "string") return NaN;
  const text = value.trim()
    .replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/, "$1-$2-$3T$4:$5:$6");
  if (/^\d+(\.\d+)?$/.test(text)) return fromEpoch(Number(text));
  const [, day, time, zone = "Z"] = TIME.exec(text) ?? [];
  if (!day) return Date.parse(text);
  // Date would read a text without a time zone as local time.
  const [, sign, hours, minutes = "00"] =
    /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  const offset = sign ? `${sign}${hours}:${minutes}` : "Z";
  return Date.parse(`${day}T${time!.replace(",", ".")}${offset}`);
}

function fromEpoch(value: number): number {
  return Math.abs(value) < MIN_MS ? value * 1000 : value;
}
