/**
 * Opaque tokens that the server issues and later reads: shard iterators and page tokens.
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "../../_core/base64.ts";
import { crc32 } from "../../_core/crc32.ts";

const utf8 = new TextEncoder();

/** Encodes values as an opaque token with a checksum. Only the same server can decode it. */
export class TokenCodec {
  readonly #secret: string;

  /** Makes a codec with a secret from `random`, so that tokens of other servers are refused. */
  constructor(random: () => number) {
    this.#secret = String(random());
  }

  /** Encodes values. `kind` separates, for example, iterators from page tokens. */
  encode(kind: string, values: readonly (string | number)[]): string {
    const text = JSON.stringify([kind, ...values]);
    return encodeBase64(utf8.encode(this.#checksum(text) + text));
  }

  /** The values of a token. `undefined` if this server did not issue it for this kind. */
  decode(
    kind: string,
    token: string,
  ): readonly (string | number)[] | undefined {
    let text: string;
    try {
      text = new TextDecoder().decode(decodeBase64(token));
    } catch {
      return undefined;
    }
    const content = text.slice(8);
    if (text.slice(0, 8) !== this.#checksum(content)) return undefined;
    const [actual, ...values] = JSON.parse(content);
    return actual === kind ? values : undefined;
  }

  #checksum(text: string): string {
    return crc32(utf8.encode(this.#secret + text)).toString(16)
      .padStart(8, "0");
  }
}
