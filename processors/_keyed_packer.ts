/**
 * Packing by partition key: every key has at most one open frame, so the order per key is kept by construction.
 *
 * @module
 */
import { utf8Length } from "../_core/utf8.ts";
import type { Put } from "../records.ts";
import { tooLarge } from "./_errors.ts";
import type { Frame } from "./_frame.ts";
import { recordLimit } from "./_limit.ts";
import type { Packer, PackerOptions } from "./processor.ts";

/**
 * How many keys may have an open frame, and how many bytes these may hold together; beyond either, the oldest is emitted.
 * Without that, a stream in which no key repeats would be collected in memory until it ends.
 */
const MAX_OPEN_FRAMES = 10_000;
const MAX_OPEN_BYTES = 33_554_432;
/** How many frames may be closed while the iterator over the oldest stands still. */
const MAX_STANDSTILL = 1000;

/** What a keyed framing brings along. */
export interface KeyedFormat<
  P extends Put<unknown>,
  Item extends { length: number },
> {
  /** The item of a put. Throws an `InvalidRecordError` if there is none. */
  itemOf(put: P): Item;
  /** Makes an empty frame. */
  createFrame(): Frame<Item>;
  /** The bytes of a frame that holds this item alone. */
  finishOne(item: Item): Uint8Array<ArrayBuffer>;
  /** How many bytes that are. */
  sizeOf(item: Item): number;
  /** At most how many bytes that are, without looking closely. */
  mostOf(item: Item): number;
}

interface Open<P, Item> {
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  /** Bytes of the partition key. */
  readonly keyBytes: number;
  /** The first item. Where no key repeats there is no second, and no need for a frame. */
  readonly item: Item;
  frame: Frame<Item> | undefined;
  readonly puts: P[];
}

/** Collects items per partition key until a frame is full, or too much is open. */
export class KeyedPacker<
  P extends Put<unknown>,
  Item extends { length: number },
> implements Packer<P> {
  readonly #format: KeyedFormat<P, Item>;
  readonly #emit: PackerOptions<P>["emit"];
  readonly #limit: number;
  /** In the order of opening. */
  readonly #open = new Map<string, Open<P, Item>>();
  /** Stands behind what was closed for being the oldest: a new iterator would have to find its way over all the gaps. */
  #oldest: Iterator<Open<P, Item>> | undefined;
  #closedSinceOldest = 0;
  #openBytes = 0;
  #pending = 0;

  /**
   * Makes an empty packer.
   *
   * @throws {RangeError} if the size limit is out of range
   */
  constructor(format: KeyedFormat<P, Item>, options: PackerOptions<P>) {
    this.#format = format;
    this.#emit = options.emit;
    this.#limit = recordLimit(options);
  }

  get pending(): number {
    return this.#pending;
  }

  get pendingBytes(): number {
    return this.#openBytes;
  }

  push(put: P): void {
    const item = this.#format.itemOf(put);
    const open = this.#open.get(put.partitionKey);
    if (open) {
      // Another hash key is another shard, so another record; emitting what is open keeps the order of the key.
      if (
        open.explicitHashKey === put.explicitHashKey && this.#add(open, item)
      ) {
        open.puts.push(put);
        this.#pending++;
        return;
      }
      const next = this.#create(put, item);
      this.#close(open);
      this.#start(next);
    } else this.#start(this.#create(put, item));
    while (
      this.#open.size > MAX_OPEN_FRAMES || this.#openBytes > MAX_OPEN_BYTES
    ) this.#closeOldest();
  }

  flush(): void {
    for (const open of this.#open.values()) this.#close(open);
  }

  #add(open: Open<P, Item>, item: Item): boolean {
    const room = this.#limit - open.keyBytes;
    const before = weightOf(open);
    if (!open.frame) {
      open.frame = this.#format.createFrame();
      open.frame.add(open.item, room);
    }
    const added = open.frame.add(item, room);
    this.#openBytes += weightOf(open) - before;
    return added;
  }

  /** Prepares a frame of one item, or throws without having changed anything. */
  #create(put: P, item: Item): Open<P, Item> {
    const { partitionKey, explicitHashKey } = put;
    const keyBytes = utf8Length(partitionKey);
    if (this.#format.mostOf(item) + keyBytes > this.#limit) {
      const size = this.#format.sizeOf(item) + keyBytes;
      if (size > this.#limit) throw tooLarge(put, size, this.#limit);
    }
    const frame = undefined;
    return {
      partitionKey,
      explicitHashKey,
      keyBytes,
      item,
      frame,
      puts: [put],
    };
  }

  #start(open: Open<P, Item>): void {
    this.#open.set(open.partitionKey, open);
    this.#openBytes += weightOf(open);
    this.#pending++;
  }

  #closeOldest(): void {
    let value = this.#oldest?.next().value;
    if (!value) {
      this.#oldest = this.#open.values();
      value = this.#oldest.next().value;
    }
    this.#closedSinceOldest = 0;
    this.#close(value!);
  }

  #close(open: Open<P, Item>): void {
    const { partitionKey, explicitHashKey, keyBytes, item, frame, puts } = open;
    this.#open.delete(partitionKey);
    this.#openBytes -= weightOf(open);
    this.#pending -= puts.length;
    // An iterator that stands still keeps everything that was in the map since then, as V8 has it.
    if (++this.#closedSinceOldest > MAX_STANDSTILL) this.#oldest = undefined;
    const data = frame ? frame.finish() : this.#format.finishOne(item);
    const size = data.length + keyBytes;
    this.#emit(
      explicitHashKey === undefined
        ? { data, partitionKey, size, puts }
        : { data, partitionKey, explicitHashKey, size, puts },
    );
  }
}

function weightOf(
  { frame, item }: Open<unknown, { length: number }>,
): number {
  return frame ? frame.weight : item.length;
}
