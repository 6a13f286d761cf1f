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

/** Signs requests; keeps the derived keys, so that four of five HMACs are computed once a day. */
export class Signer {
  readonly #service: string;
  #cache = new Map<string, ArrayBuffer>();

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
    // One key a day and credentials: without a bound, a year of rotating roles would stay in memory.
    if (this.#cache.size > 16) this.#cache = new Map();
    const signer = new AwsV4Signer({
      method: "POST",
      url: request.url.href,
      headers: request.headers,
      body: request.body,
      accessKeyId: request.key.accessKeyId,
      secretAccessKey: request.key.secretAccessKey,
      sessionToken: request.key.sessionToken,
      service: this.#service,
      region: request.region,
      datetime: new Date(request.now).toISOString().replace(
        /[:-]|\.\d{3}/g,
        "",
      ),
      cache: this.#cache,
    });
    const signed = await signer.sign();
    return { url: signed.url, headers: signed.headers };
  }
}
