/**
 * Removes from this process what is not determined by a seed: Web Crypto, which works in another
 * thread; the clock of the machine, which decides when a loop yields; and messages, which arrive at
 * any time. Import this module before the code under test.
 *
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { seededRandom } from "../../testing/_random.ts";

let random = seededRandom(1);
let messages = 0;

/** Sets back the random numbers of this process. Call it before each run. */
export function resetHost(seed: number): void {
  random = seededRandom(seed);
}

/** Resolves when all code waits for the virtual clock. */
export async function quiet(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve)); while (
    messages > 0
  );
}

const subtle = crypto.subtle as unknown as Record<
  string,
  (...args: never[]) => Promise<unknown>
>;
const raw = Symbol("raw");

subtle.digest = (_algorithm: unknown, data: BufferSource) =>
  Promise.resolve(sha256(bytesOf(data)).buffer);
subtle.importKey = (_format: string, key: BufferSource) =>
  Promise.resolve({ [raw]: bytesOf(key).slice() });
subtle.sign = (
  _algorithm: unknown,
  key: { [raw]: Uint8Array },
  data: BufferSource,
) => Promise.resolve(hmac(sha256, key[raw], bytesOf(data)).buffer);

crypto.randomUUID = () => {
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits).toString(16).padStart(digits, "0");
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
};
Math.random = () => random();
performance.now = () => 0;

interface Port {
  onmessage: (() => void) | null;
  postMessage(): void;
  close(): void;
}

globalThis.MessageChannel = class {
  readonly port1: Port = { onmessage: null, postMessage() {}, close() {} };
  readonly port2: Port = {
    onmessage: null,
    postMessage: () => {
      messages++;
      setImmediate(() => {
        messages--;
        this.port1.onmessage?.();
      });
    },
    close() {},
  };
} as unknown as typeof MessageChannel;

function bytesOf(data: BufferSource): Uint8Array {
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
