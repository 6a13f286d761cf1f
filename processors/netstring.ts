/**
 * The netstring framing.
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
} from "../_core/netstring.ts";
import { Unpacking } from "./_unpacking.ts";
import type { Framing } from "./framing.ts";
import type { Packer, PackerOptions, Unpacked } from "./processor.ts";
import type { Serializer } from "./serializer.ts";
import { serializeToKeep } from "./single.ts";

/**
 * A framing that packs the values of one partition key as netstrings: `<length>:<bytes>,` for each
 * value. The values can be any bytes.
 *
 * Reading reports one error for each value that the serializer cannot decode. If a netstring is
 * malformed, the rest of the record is one error.
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
      itemOf: (put) => serializeToKeep(serializer, put),
      createFrame: () => new NetstringFrame(),
      finishOne(item) {
        const data = new Uint8Array(netstringSize(item.length));
        writeNetstring(data, 0, item);
        return data;
      },
      sizeOf: (item) => netstringSize(item.length),
      maxSizeOf: (item) => netstringSize(item.length),
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
  readonly #items: Uint8Array<ArrayBuffer>[] = [];
  #size = 0;

  get minBytes(): number {
    return this.#size;
  }

  add(item: Uint8Array<ArrayBuffer>, limit: number): boolean {
    const size = this.#size + netstringSize(item.length);
    if (size > limit) return false;
    this.#items.push(item);
    this.#size = size;
    return true;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const data = new Uint8Array(this.#size);
    let offset = 0;
    for (const item of this.#items) {
      offset = writeNetstring(data, offset, item);
    }
    return data;
  }
}
