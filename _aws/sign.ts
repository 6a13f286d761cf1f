/**
 * Signature Version 4 for requests to Kinesis, through aws4fetch.
 *
 * @module
 */
import { AwsV4Signer } from "aws4fetch";
import {
  createSha256,
  hexOf,
  type HmacKey,
  type Sha256,
} from "../_core/sha256.ts";

/** What a request is signed with. */
export interface SigningKey {
  /** The access key id. */
  readonly accessKeyId: string;
  /** The secret access key. */
  readonly secretAccessKey: string;
  /** The session token of temporary credentials. */
  readonly sessionToken?: string;
}

/** A request that is ready for `fetch`. */
export interface SignedRequest {
  /** Where it goes. */
  readonly url: URL;
  /** Its headers, `Authorization` among them. */
  readonly headers: Headers;
}

/**
 * More keys than this are forgotten: one a day and credentials would otherwise stay for a year of
 * rotating roles.
 */
const MOST_KEYS = 16;

const encoder = new TextEncoder();

/** Signs requests; keeps the derived keys, so that four of five HMACs are computed once a day. */
export class Signer {
  readonly #service: string;
  readonly #sha256: Sha256;
  /**
   * By secret, day and region. Keys and not promises of them: in Workers a promise of a request
   * that has ended never settles, and one that was rejected would be remembered.
   */
  #keys = new Map<string, HmacKey>();

  /** Makes a signer for one service, by its signing name. */
  constructor(service: string, sha256: Sha256 = createSha256()) {
    this.#service = service;
    this.#sha256 = sha256;
  }

  /** Signs a POST of `body`; `now` is the corrected time in milliseconds. */
  async sign(request: {
    url: URL;
    headers: Record<string, string>;
    body: Uint8Array<ArrayBuffer>;
    region: string;
    key: SigningKey;
    now: number;
  }): Promise<SignedRequest> {
    const { key, region } = request;
    const datetime = new Date(request.now).toISOString()
      .replace(/[:-]|\.\d{3}/g, "");
    const signer = new KeptKeySigner(this.#sha256, {
      method: "POST",
      url: request.url.href,
      headers: request.headers,
      body: request.body,
      accessKeyId: key.accessKeyId,
      secretAccessKey: key.secretAccessKey,
      sessionToken: key.sessionToken,
      service: this.#service,
      region,
      datetime,
    });
    signer.signingKey = this.#signingKey(
      key.secretAccessKey,
      [datetime.slice(0, 8), region, this.#service, "aws4_request"],
    );
    const { url, headers } = await signer.sign();
    return { url, headers };
  }

  #signingKey(secret: string, scope: string[]): HmacKey | Promise<HmacKey> {
    const name = [secret, ...scope].join("\n");
    return this.#keys.get(name) ?? this.#newSigningKey(name, secret, scope);
  }

  async #newSigningKey(
    name: string,
    secret: string,
    scope: string[],
  ): Promise<HmacKey> {
    const key = await deriveKey(this.#sha256, secret, scope);
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear();
    this.#keys.set(name, key);
    return key;
  }
}

/**
 * aws4fetch's signer with other functions for hashes and signatures: its own ones import the derived
 * key anew for each request, and wait for another thread three times.
 */
class KeptKeySigner extends AwsV4Signer {
  readonly #sha256: Sha256;
  signingKey: HmacKey | Promise<HmacKey> | undefined;

  constructor(
    sha256: Sha256,
    options: ConstructorParameters<typeof AwsV4Signer>[0],
  ) {
    super(options);
    this.#sha256 = sha256;
  }

  override async signature(): Promise<string> {
    // The hash of a large body takes longest: it runs while the key is derived.
    const [key, text] = await Promise.all([
      this.signingKey!,
      this.stringToSign(),
    ]);
    return hexOf(await this.#sha256.hmac(key, text));
  }

  override async stringToSign(): Promise<string> {
    const { datetime, credentialString } = this;
    const hash = await this.#sha256.hex(await this.canonicalString());
    return ["AWS4-HMAC-SHA256", datetime, credentialString, hash].join("\n");
  }

  override async hexBodyHash(): Promise<string> {
    return await this.#sha256.hex(this.body as Uint8Array<ArrayBuffer>);
  }
}

async function deriveKey(
  sha256: Sha256,
  secret: string,
  scope: readonly string[],
): Promise<HmacKey> {
  let key = await sha256.key(encoder.encode(`AWS4${secret}`));
  for (const part of scope) {
    key = await sha256.key(await sha256.hmac(key, part));
  }
  return key;
}
