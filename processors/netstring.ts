/**
 * Values of one partition key as netstrings.
 *
 * @module
 */
import type { KinesisRecord, Put } from "../records.ts";
import type { Frame } from "./_frame.ts";
import { KeyedPacker } from "./_keyed_packer.ts";
import {
  findNetstring,
  netstringSize,
  writeNetstring,
} from "./_netstring_format.ts";
import { Unpacking } from "./_unpacking.ts";
import type { Framing } from "./framing.ts";
import type { Packer, PackerOptions, Unpacked } from "./processor.ts";
import type { Serializer } from "./serializer.ts";
import { serializeValue } from "./single.ts";

/**
 * Values of one partition key as netstrings, `<length>:<bytes>,` one after another. They hold any bytes.
 *
 * A value that cannot be decoded is an error of its own; where the framing itself is damaged, everything from there on is
 * one error.
 */
export function netstring(): Framing {
  return framing;
}

const framing: Framing = {
  name: "netstring",
  scope: "key",
  createPacker<T, P extends Put<T>>(
    serializer: Serializer<T>,
    options: PackerOptions<P>,
  ): Packer<P> {
    return new KeyedPacker<P, Uint8Array<ArrayBuffer>>({
      itemOf: (put) => serializeValue(serializer, put),
      createFrame: () => new NetstringFrame(),
      sizeOf: (item) => netstringSize(item.length),
    }, options);
  },
  unpack<T>(serializer: Serializer<T>, record: KinesisRecord): Unpacked<T>[] {
    const { data, partitionKey } = record;
    const unpacking = new Unpacking<T>(
      record,
      `netstring of ${serializer.name}`,
    );
    try {
      for (let offset = 0; offset < data.length && !unpacking.stopped;) {
        const span = findNetstring(data, offset, data.length);
        if (!span) throw new SyntaxError("a netstring is cut off");
        const bytes = data.subarray(span.start, span.end);
        unpacking.decode(serializer, bytes, partitionKey);
        offset = span.end + 1;
      }
    } catch (cause) {
      unpacking.stop(cause);
    }
    return unpacking.items;
  },
};

class NetstringFrame implements Frame<Uint8Array<ArrayBuffer>> {
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #used = 0;

  get weight(): number {
    return this.#used;
  }

  add(item: Uint8Array<ArrayBuffer>, limit: number): boolean {
    const needed = this.#used + netstringSize(item.length);
    if (needed > limit) return false;
    if (!this.#bytes) this.#bytes = new Uint8Array(needed);
    else if (needed > this.#bytes.length) {
      const larger = new Uint8Array(
        Math.min(limit, Math.max(needed, 2 * this.#bytes.length)),
      );
      larger.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = larger;
    }
    this.#used = writeNetstring(this.#bytes, this.#used, item);
    return true;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes!;
    return this.#used === bytes.length ? bytes : bytes.slice(0, this.#used);
  }
}
