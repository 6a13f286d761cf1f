/**
 * Opaque texts that the service hands out and takes back: shard iterators and tokens of pages.
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "../../_core/base64.ts";
import { crc32 } from "../../_core/crc32.ts";

const utf8 = new TextEncoder();

/** Seals values under the name of their kind: what was not sealed by the same kind and secret does not open. */
export class Sealer {
  readonly #secret: string;

  /** A sealer of its own; tokens of another server do not open. */
  constructor(random: () => number) {
    this.#secret = String(random());
  }

  /** Makes an opaque text of some values. */
  seal(kind: string, values: readonly (string | number)[]): string {
    const text = JSON.stringify([kind, ...values]);
    return encodeBase64(utf8.encode(this.#sum(text) + text));
  }

  /** The values, or nothing if the text is not one of ours. */
  open(kind: string, token: string): readonly (string | number)[] | undefined {
    let text: string;
    try {
      text = new TextDecoder().decode(decodeBase64(token));
    } catch {
      return undefined;
    }
    const content = text.slice(8);
    if (text.slice(0, 8) !== this.#sum(content)) return undefined;
    const [actual, ...values] = JSON.parse(content);
    return actual === kind ? values : undefined;
  }

  #sum(text: string): string {
    return crc32(utf8.encode(this.#secret + text)).toString(16)
      .padStart(8, "0");
  }
}
