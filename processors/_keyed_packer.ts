/**
 * Packs values by partition key. A key has at most one open frame, so the order of its values is
 * kept.
 *
 * @module
 */
import { utf8Length } from "../_core/utf8.ts";
import type { Put } from "../records.ts";
import { tooLarge } from "./_errors.ts";
import type { Frame } from "./_frame.ts";
import { recordLimit } from "./_record_limit.ts";
import type { Packer, PackerOptions } from "./processor.ts";

/**
 * The most open frames, and the most bytes in all of them. Above either limit, the oldest frame is
 * emitted. Without these limits, a stream of values with unique keys would be kept in memory until
 * it ends.
 */
const MAX_OPEN_FRAMES = 10_000;
const MAX_OPEN_BYTES = 33_554_432;
/** The most frames that may be closed between two uses of the iterator over the oldest frames. */
const MAX_CLOSED_UNUSED = 1000;

/** The format-specific part of a keyed framing. */
export interface KeyedFormat<
  P extends Put<unknown>,
  Item extends { length: number },
> {
  /** Encodes a value as an item. Throws an `InvalidRecordError` if it cannot be encoded. */
  itemOf(put: P): Item;
  /** Makes an empty frame. */
  createFrame(): Frame<Item>;
  /** The bytes of a frame with this single item. */
  finishOne(item: Item): Uint8Array<ArrayBuffer>;
  /** The exact size of a frame with this single item, in bytes. */
  sizeOf(item: Item): number;
  /** An upper bound of {@linkcode KeyedFormat.sizeOf} that is fast to compute. */
  maxSizeOf(item: Item): number;
}

interface OpenFrame<P, Item> {
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  /** Size of the partition key in UTF-8 bytes. */
  readonly keyBytes: number;
  /** The first item. The frame is created only for a second item, since many keys have just one. */
  readonly item: Item;
  frame: Frame<Item> | undefined;
  readonly puts: P[];
}

/** Collects items per partition key. Emits a frame when it is full or when too much is open. */
export class KeyedPacker<
  P extends Put<unknown>,
  Item extends { length: number },
> implements Packer<P> {
  readonly #format: KeyedFormat<P, Item>;
  readonly #emit: PackerOptions<P>["emit"];
  readonly #limit: number;
  /** The open frames by partition key, oldest first. */
  readonly #openFrames = new Map<string, OpenFrame<P, Item>>();
  /**
   * Iterates over the open frames from the oldest on. It is kept between uses, since a new iterator
   * would have to skip the gaps that deleted entries leave in the Map.
   */
  #oldestFrames: Iterator<OpenFrame<P, Item>> | undefined;
  #closedSinceUse = 0;
  #sendableBytes = 0;
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
    return this.#sendableBytes;
  }

  push(put: P): void {
    const item = this.#format.itemOf(put);
    const open = this.#openFrames.get(put.partitionKey);
    if (open) {
      // A different explicit hash key may mean a different shard, so it needs a new record.
      // Emitting the open frame first keeps the order of the partition key.
      if (
        open.explicitHashKey === put.explicitHashKey &&
        this.#addItem(open, item)
      ) {
        open.puts.push(put);
        this.#pending++;
        return;
      }
      const next = this.#create(put, item);
      this.#close(open);
      this.#addFrame(next);
    } else this.#addFrame(this.#create(put, item));
    while (
      this.#openFrames.size > MAX_OPEN_FRAMES ||
      this.#sendableBytes > MAX_OPEN_BYTES
    ) this.#closeOldest();
  }

  flush(): void {
    for (const open of this.#openFrames.values()) this.#close(open);
  }

  #addItem(open: OpenFrame<P, Item>, item: Item): boolean {
    const room = this.#limit - open.keyBytes;
    const before = bytesOf(open);
    if (!open.frame) {
      open.frame = this.#format.createFrame();
      open.frame.add(open.item, room);
    }
    const added = open.frame.add(item, room);
    this.#sendableBytes += bytesOf(open) - before;
    return added;
  }

  /** Makes a frame with one item. Throws, without changing the packer, if the item is too large. */
  #create(put: P, item: Item): OpenFrame<P, Item> {
    const { partitionKey, explicitHashKey } = put;
    const keyBytes = utf8Length(partitionKey);
    if (this.#format.maxSizeOf(item) + keyBytes > this.#limit) {
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

  #addFrame(open: OpenFrame<P, Item>): void {
    this.#openFrames.set(open.partitionKey, open);
    this.#sendableBytes += bytesOf(open);
    this.#pending++;
  }

  #closeOldest(): void {
    let value = this.#oldestFrames?.next().value;
    if (!value) {
      this.#oldestFrames = this.#openFrames.values();
      value = this.#oldestFrames.next().value;
    }
    this.#closedSinceUse = 0;
    this.#close(value!);
  }

  #close(open: OpenFrame<P, Item>): void {
    const { partitionKey, explicitHashKey, keyBytes, item, frame, puts } = open;
    this.#openFrames.delete(partitionKey);
    this.#sendableBytes -= bytesOf(open);
    this.#pending -= puts.length;
    // In V8, an unused Map iterator keeps all entries alive that were deleted since its last use.
    if (++this.#closedSinceUse > MAX_CLOSED_UNUSED) {
      this.#oldestFrames = undefined;
    }
    const data = frame ? frame.finish() : this.#format.finishOne(item);
    const size = data.length + keyBytes;
    this.#emit(
      explicitHashKey === undefined
        ? { data, partitionKey, size, puts }
        : { data, partitionKey, explicitHashKey, size, puts },
    );
  }
}

function bytesOf(
  { frame, item }: OpenFrame<unknown, { length: number }>,
): number {
  return frame ? frame.minBytes : item.length;
}
