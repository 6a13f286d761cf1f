/**
 * Signature Version 4 for requests to Kinesis, through aws4fetch.
 *
 * @module
 */
import { AwsV4Signer } from "aws4fetch";

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
  /**
   * By secret, day and region. Keys and not promises of them: in Workers a promise of a request
   * that has ended never settles, and one that was rejected would be remembered.
   */
  #keys = new Map<string, CryptoKey>();

  /** Makes a signer for one service, by its signing name. */
  constructor(service: string) {
    this.#service = service;
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
    const signer = new KeptKeySigner({
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

  async #signingKey(secret: string, scope: string[]): Promise<CryptoKey> {
    const name = [secret, ...scope].join("\n");
    let key = this.#keys.get(name);
    if (!key) {
      key = await deriveKey(secret, scope);
      if (this.#keys.size >= MOST_KEYS) this.#keys.clear();
      this.#keys.set(name, key);
    }
    return key;
  }
}

/**
 * aws4fetch's signer, which would import the derived key anew for every request: a third of what
 * small requests cost.
 */
class KeptKeySigner extends AwsV4Signer {
  signingKey: Promise<CryptoKey> | undefined;

  override async signature(): Promise<string> {
    // The hash of a large body takes longest: it runs while the key is derived.
    const [key, text] = await Promise.all([
      this.signingKey!,
      this.stringToSign(),
    ]);
    return hex(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
  }
}

async function deriveKey(secret: string, scope: string[]): Promise<CryptoKey> {
  let key = await importKey(encoder.encode(`AWS4${secret}`));
  for (const part of scope) {
    const next = await crypto.subtle.sign("HMAC", key, encoder.encode(part));
    key = await importKey(new Uint8Array(next));
  }
  return key;
}

function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
}

function hex(buffer: ArrayBuffer): string {
  let text = "";
  for (const byte of new Uint8Array(buffer)) {
    text += byte.toString(16).padStart(2, "0");
  }
  return text;
}
