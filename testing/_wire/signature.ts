/**
 * Verifies Signature Version 4: signs the request again and compares the signatures.
 *
 * @see {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html}
 * @module
 */
import { AwsV4Signer } from "aws4fetch";
import { MAX_SIGNATURE_SKEW_MS } from "../../_aws/limits.ts";
import { ServiceFault } from "./service_error.ts";
import type { WireRequest } from "./wire_request.ts";

/** A key that the server accepts. */
export interface AcceptedCredentials {
  /** The access key id. */
  accessKeyId: string;
  /** The secret access key. */
  secretAccessKey: string;
  /** The session token that requests must carry, for temporary credentials. */
  sessionToken?: string;
  /**
   * When the key stops being accepted, for temporary credentials.
   * @default {never}
   */
  expiration?: Date;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]+)$/;
const SERVICE = "kinesis";
const HOST_HEADERS = ["host", ":authority"];

/** Verifies the signatures of requests. */
export class SignatureVerifier {
  readonly #region: string;
  readonly #accepted: ReadonlyMap<string, AcceptedCredentials>;
  readonly #keys: Map<string, ArrayBuffer> = new Map();

  /** Makes a verifier that accepts these keys, in this region only. */
  constructor(region: string, accepted: readonly AcceptedCredentials[]) {
    this.#region = region;
    this.#accepted = new Map(accepted.map((key) => [key.accessKeyId, key]));
  }

  /**
   * Throws the service's error unless the request has a valid signature. `now` is milliseconds
   * since the epoch.
   */
  async verify(request: WireRequest, now: number): Promise<void> {
    const { headers } = request;
    const authorization = headers.get("authorization");
    if (authorization === null) {
      throw new ServiceFault(
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
      );
    }
    const [, credential = "", signedHeaders = "", signature = ""] =
      AUTHORIZATION.exec(authorization) ?? [];
    const datetime = headers.get("x-amz-date") ?? "";
    if (!signature || !/^\d{8}T\d{6}Z$/.test(datetime)) {
      throw new ServiceFault(
        "IncompleteSignatureException",
        "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters, and an 'X-Amz-Date' header must be present.",
      );
    }
    // Check the parts that the service reports with their own errors: key, scope and time.
    const [accessKeyId = "", date, region, service] = credential.split("/");
    const key = this.#find(accessKeyId, headers, now);
    this.#checkScope({ date, region, service, datetime });
    checkTime(datetime, now);
    // Sign the same request again and compare.
    const names = signedHeaders.split(";");
    const signer = new AwsV4Signer({
      method: request.method,
      url: request.url,
      body: request.body,
      accessKeyId,
      secretAccessKey: key.secretAccessKey,
      service: SERVICE,
      region: this.#region,
      datetime,
      cache: this.#keys,
    });
    // Signs the headers that the caller listed. Some HTTP/2 clients sign `:authority` in place of
    // `host`; a Headers object cannot hold that name, so both use the host of the URL.
    signer.signedHeaders = signedHeaders;
    signer.canonicalHeaders = names.map((name) =>
      `${name}:${
        HOST_HEADERS.includes(name) ? signer.url.host : valueOf(headers, name)
      }`
    ).join("\n");
    const isHostSigned = HOST_HEADERS.some((name) => names.includes(name));
    if (!isHostSigned || await signer.signature() !== signature) {
      throw invalidSignature(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
      );
    }
  }

  #find(id: string, headers: Headers, now: number): AcceptedCredentials {
    const key = this.#accepted.get(id);
    const token = headers.get("x-amz-security-token") ?? undefined;
    if (!key || key.sessionToken !== token) {
      throw new ServiceFault(
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
      );
    }
    if (key.expiration && key.expiration.getTime() <= now) {
      throw new ServiceFault(
        "ExpiredTokenException",
        "The security token included in the request is expired",
      );
    }
    return key;
  }

  #checkScope(
    scope: {
      date?: string;
      region?: string;
      service?: string;
      datetime: string;
    },
  ): void {
    if (scope.region !== this.#region) {
      throw invalidSignature(
        `Credential should be scoped to a valid region, not '${scope.region}'. `,
      );
    }
    if (scope.service !== SERVICE) {
      throw invalidSignature(
        `Credential should be scoped to correct service: '${SERVICE}'. `,
      );
    }
    if (scope.date !== scope.datetime.slice(0, 8)) {
      throw invalidSignature(
        `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scope.date}' != '${
          scope.datetime.slice(0, 8)
        }', from '${scope.datetime}'.`,
      );
    }
  }
}

function checkTime(datetime: string, now: number): void {
  const signedAt = Date.parse(
    datetime.replace(
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
      "$1-$2-$3T$4:$5:$6Z",
    ),
  );
  const minutes = MAX_SIGNATURE_SKEW_MS / 60_000;
  if (!(signedAt >= now - MAX_SIGNATURE_SKEW_MS)) {
    throw invalidSignature(
      `Signature expired: ${datetime} is now earlier than ${
        amzDate(now - MAX_SIGNATURE_SKEW_MS)
      } (${amzDate(now)} - ${minutes} min.)`,
    );
  }
  if (signedAt > now + MAX_SIGNATURE_SKEW_MS) {
    throw invalidSignature(
      `Signature not yet current: ${datetime} is still later than ${
        amzDate(now + MAX_SIGNATURE_SKEW_MS)
      } (${amzDate(now)} + ${minutes} min.)`,
    );
  }
}

function amzDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[:-]|\.\d{3}/g, "");
}

/** The value of a header in canonical form. Empty if the name cannot be a header. */
function valueOf(headers: Headers, name: string): string {
  try {
    return (headers.get(name) ?? "").trim().replace(/\s+/g, " ");
  } catch {
    return "";
  }
}

function invalidSignature(message: string): ServiceFault {
  return new ServiceFault("InvalidSignatureException", message);
}
