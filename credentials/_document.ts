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

/** Numbers below this are seconds and not milliseconds: as milliseconds they would be before March 1973. */
const LEAST_MS = 1e11;
/** A time in UTC as the tools write it: with `Z`, an offset, `UTC` or `GMT` behind it, or nothing. */
const TIME =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?) ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;

/** Reads a time of expiry, which some sources leave out: ISO 8601 and its relatives, or seconds or milliseconds since 1970. */
export function expirationOf(what: string, value: unknown): Date | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const date = new Date(millisecondsOf(value));
  if (Number.isNaN(date.getTime())) {
    throw unusable(`Cannot read ${what}: the expiration is no time`);
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
  // Without a zone it is UTC, which `Date` would take for the local time.
  const [, sign, hours, minutes = "00"] =
    /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  const offset = sign ? `${sign}${hours}:${minutes}` : "Z";
  return Date.parse(`${day}T${time!.replace(",", ".")}${offset}`);
}

function fromEpoch(value: number): number {
  return Math.abs(value) < LEAST_MS ? value * 1000 : value;
}
