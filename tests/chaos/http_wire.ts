/**
 * The part of HTTP/1.1 that a proxy between a client and a server needs: requests and answers with
 * a content-length.
 *
 * @module
 */

/** A request as a client has sent it. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Splits the bytes of one connection into requests. */
export class RequestReader {
  #bytes = new Uint8Array(0);

  /** Adds bytes that have arrived. */
  push(chunk: Uint8Array): void {
    const bytes = new Uint8Array(this.#bytes.length + chunk.length);
    bytes.set(this.#bytes);
    bytes.set(chunk, this.#bytes.length);
    this.#bytes = bytes;
  }

  /** The next request, if it has arrived completely. */
  shift(): WireRequest | undefined {
    const end = endOfHead(this.#bytes);
    if (end === undefined) return undefined;
    const [first = "", ...lines] = decoder
      .decode(this.#bytes.subarray(0, end - 4)).split("\r\n");
    const [method = "", path = ""] = first.split(" ");
    const headers = new Headers(lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }));
    if (headers.has("transfer-encoding")) {
      throw new Error("Cannot take a request without a content-length");
    }
    const length = Number(headers.get("content-length") ?? 0);
    if (this.#bytes.length < end + length) return undefined;
    const body = this.#bytes.slice(end, end + length);
    this.#bytes = this.#bytes.slice(end + length);
    return { method, path, headers, body };
  }
}

/** The head of an answer whose body has `length` bytes. */
export function answerHead(
  { status, headers }: Response,
  length: number,
): Uint8Array {
  const lines = [`HTTP/1.1 ${status} ${status < 400 ? "OK" : "Error"}`];
  for (const [name, value] of headers) {
    if (!HOP_BY_HOP.has(name)) lines.push(`${name}: ${value}`);
  }
  lines.push(`content-length: ${length}`);
  return encoder.encode(`${lines.join("\r\n")}\r\n\r\n`);
}

/** Headers that belong to one connection, so the proxy does not pass them on. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "transfer-encoding",
]);

function endOfHead(bytes: Uint8Array): number | undefined {
  for (let i = 3; i < bytes.length; i++) {
    if (
      bytes[i] === 10 && bytes[i - 1] === 13 && bytes[i - 2] === 10 &&
      bytes[i - 3] === 13
    ) return i + 1;
  }
  return undefined;
}
